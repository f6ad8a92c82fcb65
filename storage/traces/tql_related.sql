-- The ids by which spans are related to some spans: their own, or their parents' too. A part of tql_candidates.sql.
SELECT /* ids */
FROM spans
PREWHERE project = {project:String} /* when */
