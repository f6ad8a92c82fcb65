-- When the oldest of the newest spans that match starts, in unix ns.
SELECT toUnixTimestamp64Nano(start) AS oldest
FROM spans
PREWHERE project = {project:String} /* when */
ORDER BY start DESC
LIMIT 1 OFFSET {skip:UInt64}
