-- A large trace as far as its timeline needs it, in the table's own order. Kinds of conditions are read_trace.sql's.
SELECT
    span_id,
    parent_id,
    name,
    kind,
    toUnixTimestamp64Nano(start) AS start_ns,
    duration,
    status,
    state,
    resource_id,
    class,
    peer_type,
    peer_name,
    a_http_response_status_code AS http_status,
    length(ev_name) AS events,
    length(ln_span_id) AS links
FROM spans
PREWHERE project = {project:String} AND trace_id = {trace_id:FixedString(16)}
    AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
ORDER BY start
LIMIT {limit:UInt64}
