-- Edges by step of time, of published rollups. Without latencies the lines of sumMap are left out, so none of them may be the last.
SELECT
    toUInt32(intDiv(toUnixTimestamp(minute), {step:UInt32}) * {step:UInt32}) AS at,
    async, src_kind, src_type, src_env, src_namespace, src_name, dst_kind, dst_type, dst_env, dst_namespace, dst_name,
    sum(ok) AS r_ok,
    sum(error) AS r_error,
    sum(throttle) AS r_throttle,
    sum(fault) AS r_fault,
    sum(duration) AS r_duration,
    sumMap(latency) AS r_latency,
    sum(server_count) AS r_server_count,
    sum(server_ok) AS r_server_ok,
    sum(server_error) AS r_server_error,
    sum(server_throttle) AS r_server_throttle,
    sum(server_fault) AS r_server_fault,
    sum(server_duration) AS r_server_duration,
    sumMap(server_latency) AS r_server_latency,
    sum(age_count) AS r_age_count,
    sumMap(age) AS r_age,
    sum(age_sum) AS r_age_sum
FROM edges_1m
WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
    AND toUnixTimestamp(minute) NOT IN {open:Array(UInt32)}
    AND (minute, generation) IN
    (
        SELECT minute, max(generation)
        FROM rollup_minutes
        WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
        GROUP BY minute
    ) /* when */
GROUP BY at, async, src_kind, src_type, src_env, src_namespace, src_name, dst_kind, dst_type, dst_env, dst_namespace, dst_name
