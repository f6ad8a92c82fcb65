-- Where in time a trace lies. One row per part that has not been merged yet.
SELECT toUnixTimestamp64Nano(min_start) AS first, toUnixTimestamp64Nano(max_start) AS last
FROM trace_index
PREWHERE project = {project:String} AND trace_id = {trace_id:FixedString(16)}
