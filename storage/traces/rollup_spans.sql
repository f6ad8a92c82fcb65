-- What the edges of the service map are made of: the spans of whole minutes, and of others those near by that may be parents or children
-- of them. Nodes are named by a hash, which rollup_labels.sql spells out, so that a row is numbers only. refs are the links of a CONSUMER,
-- 24 bytes each: trace id, and span id as the machine writes it (little-endian). Of many spans a part of the traces is read at a time.
SELECT
    toUnixTimestamp64Nano(start) AS start_ns,
    trace_id,
    span_id,
    parent_id,
    kind,
    class,
    weight,
    duration,
    cityHash64(service_type, env, namespace, service) AS node,
    if(peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS peer,
    if(kind = 5, arrayStringConcat(arrayMap((t, s) -> concat(t, reinterpretAsFixedString(s)), ln_trace_id, ln_span_id)), '') AS refs
FROM spans
PREWHERE project = {project:String} AND state = 0
    AND start >= {from:DateTime64(9, 'UTC')} - toIntervalSecond(10) AND start < {to:DateTime64(9, 'UTC')} + toIntervalSecond(15)
    AND (kind NOT IN (3, 4) OR start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')})
    AND ({parts:UInt64} = 1 OR cityHash64(trace_id) % {parts:UInt64} = {part:UInt64})
