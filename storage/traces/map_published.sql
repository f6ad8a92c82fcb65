-- Minutes whose rollups are published.
SELECT toUnixTimestamp(minute) AS minute
FROM rollup_minutes
WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
GROUP BY minute
ORDER BY minute
