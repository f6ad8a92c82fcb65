-- The newest matching span of each trace, newest first. project by equality and start in the order of the key: rows are read in reverse
-- order, and reading ends with the limit. The conditions (ranges, cursor, the filter) are all PREWHERE, cheap ones first.
SELECT trace_id, span_id, toUnixTimestamp64Nano(start) AS start_ns, duration, service, name, class, state
FROM spans
PREWHERE project = {project:String} /* when */
ORDER BY start DESC, trace_id DESC
LIMIT 1 BY trace_id
LIMIT {limit:UInt64}
