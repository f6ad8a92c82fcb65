-- The spans of a trace without their attributes. Conditions stand in PREWHERE: leaving it to the optimizer to move them there costs
-- more than reading does.
SELECT
    span_id,
    parent_id,
    trace_state,
    flags,
    name,
    kind,
    toUnixTimestamp64Nano(start) AS start_ns,
    duration,
    status,
    status_message,
    state,
    service,
    service_type,
    namespace,
    env,
    version,
    class,
    peer_type,
    peer_name,
    weight,
    a_http_response_status_code AS http_status,
    length(ev_name) AS events,
    length(ln_span_id) AS links
FROM spans
PREWHERE project = {project:String} AND trace_id = {trace_id:FixedString(16)}
    AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
