-- The newest spans that match, in the order of the key: reading ends with the limit.
SELECT trace_id, span_id, toUnixTimestamp64Nano(start) AS start_ns, duration, service, name, kind, class, state, peer_type, peer_name
FROM spans
PREWHERE project = {project:String} /* when */
ORDER BY start DESC, trace_id DESC, span_id DESC
LIMIT {limit:UInt64}
