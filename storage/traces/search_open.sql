-- Spans of traces that are in progress although a complete row is there too: they count once.
SELECT trace_id, service, count() AS spans, countIf(class != 0) AS errors
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
    AND state = 1 AND trace_id IN {ids:Array(FixedString(16))}
    AND (trace_id, span_id) IN
    (
        SELECT trace_id, span_id
        FROM spans
        PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
            AND state = 0 AND trace_id IN {ids:Array(FixedString(16))}
    )
GROUP BY trace_id, service
