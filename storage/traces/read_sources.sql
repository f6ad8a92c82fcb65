-- What the spans of a trace say about their resources.
SELECT resource_id, service, service_type, namespace, env, version
FROM spans
PREWHERE project = {project:String} AND trace_id = {trace_id:FixedString(16)}
    AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
LIMIT 1 BY resource_id
