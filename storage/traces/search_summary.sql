-- Traces in figures, one row per service; head orders the spans of a trace: a root first, then by start.
SELECT
    trace_id,
    service,
    count() AS spans,
    countIf(class != 0) AS errors,
    toUnixTimestamp64Nano(min(start)) AS first,
    max(toUnixTimestamp64Nano(start) + duration) AS last,
    min((parent_id != 0, toUnixTimestamp64Nano(start), class)) AS head,
    countIf(state = 1) AS open
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
    /* when */
GROUP BY trace_id, service
