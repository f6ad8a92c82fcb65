-- Spans that sent messages in a range of time, of all traces or of some.
SELECT
    toUnixTimestamp64Nano(start) AS start_ns,
    trace_id,
    span_id,
    cityHash64(service_type, env, namespace, service) AS node,
    if(peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS peer
FROM spans
PREWHERE project = {project:String} AND state = 0 AND kind = 4
    AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')} /* when */
