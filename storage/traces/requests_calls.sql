-- Requests by step of time, service version, kind and operation, of published rollups; what is no entry has no operation.
-- Without latencies the line of sumMap is left out, so it may not be the last.
SELECT
    toUInt32(intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32}) AS at,
    env, namespace, service, service_type, version, kind, operation,
    sum(ok) AS r_ok,
    sum(error) AS r_error,
    sum(throttle) AS r_throttle,
    sum(fault) AS r_fault,
    sumMap(latency) AS r_latency,
    sum(duration) AS r_duration
FROM red_1m
WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
    AND toUnixTimestamp(minute) NOT IN {open:Array(UInt32)}
    AND (minute, generation) IN
    (
        SELECT minute, max(generation)
        FROM rollup_minutes
        WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
        GROUP BY minute
    ) /* when */
GROUP BY at, env, namespace, service, service_type, version, kind, operation
