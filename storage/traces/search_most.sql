-- The traces with the most spans of a kind.
SELECT trace_id
FROM spans
PREWHERE project = {project:String} /* when */
GROUP BY trace_id
ORDER BY count() DESC, trace_id DESC
LIMIT {limit:UInt64}
