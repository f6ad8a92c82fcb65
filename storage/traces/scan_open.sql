-- Spans of ranges in progress.
SELECT trace_id, span_id
FROM spans
PREWHERE project = {project:String} AND state = 1 /* when */
ORDER BY start DESC
LIMIT {limit:UInt64}
