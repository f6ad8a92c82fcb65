-- The traces of the newest matching spans, a row a span: by start alone rows are read in the order of the key and reading ends with the
-- limit (search_newest.sql).
SELECT trace_id, toUnixTimestamp64Nano(start) AS start_ns
FROM spans
PREWHERE project = {project:String} /* when */
ORDER BY start DESC
LIMIT {limit:UInt64}
