-- How many spans steps of time have by the newest rollups. A step is called by its first second.
SELECT toInt64(intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32}) AS at, sum(spans) AS spans
FROM
(
    SELECT minute, argMax(spans, generation) AS spans
    FROM rollup_minutes
    WHERE project = {project:String} AND minute >= toStartOfMinute({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
    GROUP BY minute
)
GROUP BY at
ORDER BY at
