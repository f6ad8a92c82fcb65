-- The traces that have a span somewhere around; a part of tql_candidates.sql.
SELECT trace_id
FROM spans
PREWHERE project = {project:String} /* when */
