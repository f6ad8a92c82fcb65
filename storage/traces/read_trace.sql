-- The spans of a trace as far as its timeline needs them. Conditions stand in PREWHERE: leaving it to the optimizer to move them there
-- costs more than reading does. Every column costs a tenth of a millisecond or two, so what comes from the resource is looked up by its id.
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
