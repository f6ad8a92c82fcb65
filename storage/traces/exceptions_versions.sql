-- Which versions of services there were, and since when, by the minutes that are summed up. Of any generation: the least is the least.
SELECT
    service,
    version,
    toInt64(toUnixTimestamp(min(minute))) AS first
FROM red_1m
WHERE project = {project:String} AND service IN {services:Array(String)} AND version != ''
    AND minute >= {from:DateTime64(9, 'UTC')} AND minute < {to:DateTime64(9, 'UTC')}
GROUP BY service, version
