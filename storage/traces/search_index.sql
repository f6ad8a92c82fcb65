-- Where in time traces lie, and their roots.
SELECT
    trace_id,
    toUnixTimestamp64Nano(min(min_start)) AS first,
    toUnixTimestamp64Nano(max(max_start)) AS last,
    max(root_service) AS root_service,
    max(root_name) AS root_name
FROM trace_index
PREWHERE project = {project:String} AND trace_id IN {ids:Array(FixedString(16))}
GROUP BY trace_id
