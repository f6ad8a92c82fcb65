-- Records that match, in the order of the key: project by equality and the rest as the key has it, so rows are read in order and reading
-- ends with the limit. The conditions (range, cursor, the filter) are all PREWHERE, cheap ones first. Of bodies the first bytes are read.
SELECT
    toUnixTimestamp64Nano(time) AS time_ns,
    sent,
    time_offset,
    observed_offset,
    trace_id,
    span_id,
    flags,
    severity,
    severity_text,
    event_name,
    substring(body, 1, {body:UInt32}) AS body_begin,
    length(body) AS body_bytes,
    dropped_attrs,
    resource_id,
    service,
    namespace,
    env,
    version,
    scope_name,
    scope_version,
    scope_schema_url,
    scope_attrs,
    scope_dropped_attrs,
    attrs,
    attrs_int,
    attrs_float,
    reinterpretAsFixedString(batch) AS batch_bytes,
    seq
FROM logs
PREWHERE project = {project:String} /* when */
ORDER BY time /* order */, batch /* order */, seq /* order */
LIMIT {limit:UInt64}
