-- The longest matching spans. Rows of other columns are read for these alone.
SELECT trace_id, span_id, toUnixTimestamp64Nano(start) AS start_ns, duration, service, name, class, state
FROM spans
PREWHERE project = {project:String} /* when */
ORDER BY duration DESC, start DESC
LIMIT {limit:UInt64}
