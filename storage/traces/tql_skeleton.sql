-- Spans of traces as far as their structure goes, and which conditions hold for each. Attributes are read where conditions name them.
SELECT
    trace_id,
    span_id,
    parent_id,
    name,
    kind,
    toUnixTimestamp64Nano(start) AS start_ns,
    duration,
    status,
    state,
    service,
    class,
    weight,
    /* atoms */ AS bits
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
    /* when */
LIMIT {limit:UInt64}
