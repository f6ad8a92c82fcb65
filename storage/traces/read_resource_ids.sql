-- The resources of the spans of a trace.
SELECT DISTINCT resource_id
FROM spans
PREWHERE project = {project:String} AND trace_id = {trace_id:FixedString(16)}
    AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
