-- Of some traces those that reach out of a range, and where they lie.
SELECT
    trace_id,
    toUnixTimestamp64Nano(min(min_start)) AS first,
    toUnixTimestamp64Nano(max(max_start)) AS last
FROM trace_index
PREWHERE project = {project:String} AND trace_id IN {ids:Array(FixedString(16))}
GROUP BY trace_id
HAVING min(min_start) < {from:DateTime64(9, 'UTC')} OR max(max_start) > {to:DateTime64(9, 'UTC')}
