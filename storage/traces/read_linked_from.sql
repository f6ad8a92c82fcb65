-- Spans that link to a span. Newest first, so that the limit keeps what is read in order.
SELECT trace_id, span_id
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
    AND has(ln_span_id, {span_id:UInt64})
WHERE arrayExists((trace, span) -> trace = {trace_id:FixedString(16)} AND span = {span_id:UInt64}, ln_trace_id, ln_span_id)
ORDER BY start DESC
LIMIT {limit:UInt64}
