-- Matching spans in any order: where an index leaves few granules this costs half of reading them in order.
SELECT trace_id, span_id, toUnixTimestamp64Nano(start) AS start_ns, duration, service, name, class, state
FROM spans
PREWHERE project = {project:String} /* when */
LIMIT {limit:UInt64}
