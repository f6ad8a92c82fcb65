-- The traces that have so many of some spans; a part of tql_candidates.sql.
SELECT trace_id
FROM spans
PREWHERE project = {project:String} /* when */
GROUP BY trace_id
HAVING count() >= {least:UInt64}
