-- Spans of a range in progress.
SELECT trace_id, span_id
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')} AND state = 1
ORDER BY start DESC
LIMIT {limit:UInt64}
