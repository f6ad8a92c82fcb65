-- Spans of a trace that were stored while in progress and again when they had ended.
SELECT DISTINCT span_id
FROM spans
PREWHERE project = {project:String} AND trace_id = {trace_id:FixedString(16)}
    AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
WHERE state = 0 AND span_id IN
(
    SELECT span_id
    FROM spans
    PREWHERE project = {project:String} AND trace_id = {trace_id:FixedString(16)}
        AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
    WHERE state = 1
)
