-- Services by step of time and version, of published rollups; what is no entry gives a row, but no requests.
SELECT
    toUInt32(intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32}) AS at,
    env, namespace, service, service_type, version,
    sumIf(ok, entry = 1) AS r_ok,
    sumIf(error, entry = 1) AS r_error,
    sumIf(throttle, entry = 1) AS r_throttle,
    sumIf(fault, entry = 1) AS r_fault,
    sumIf(duration, entry = 1) AS r_duration,
    maxIf(max_duration, entry = 1) AS r_max,
    sumMapIf(latency, entry = 1) AS r_latency,
    sum(spans) AS r_spans,
    toUnixTimestamp(min(minute)) AS first,
    toUnixTimestamp(max(minute)) AS last
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
GROUP BY at, env, namespace, service, service_type, version
