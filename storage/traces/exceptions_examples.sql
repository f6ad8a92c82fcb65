-- The newest exceptions of a group, one of a span.
SELECT
    trace_id,
    span_id,
    toUnixTimestamp64Nano(start) AS started,
    operation,
    version,
    service,
    type,
    place,
    message,
    escaped
FROM exceptions
WHERE project = {project:String} AND fingerprint = {fingerprint:UInt64}
    AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
ORDER BY start DESC
LIMIT 1 BY trace_id, span_id
LIMIT {limit:UInt64}
