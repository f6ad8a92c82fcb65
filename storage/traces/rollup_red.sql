-- The nodes of the service map by minute, of complete spans: what a row of red_1m holds, before operations are capped. Used both to
-- write the rollup of a minute and to read minutes that are still open.
SELECT
    toUnixTimestamp(toStartOfMinute(start)) AS minute,
    env,
    namespace,
    service,
    service_type,
    version,
    kind IN (2, 5) OR parent_id = 0 AS entry,
    kind,
    if(entry, name, '') AS operation,
    sumIf(weight, class = 0) AS ok,
    sumIf(weight, class = 1) AS error,
    sumIf(weight, class = 2) AS throttle,
    sumIf(weight, class = 3) AS fault,
    count() AS spans,
    sum(weight * duration) AS total,
    max(duration) AS max_duration,
    sumMap(map(toUInt16(floor(8 * log2(greatest(duration, 1)))), weight)) AS latency
FROM spans
PREWHERE project = {project:String} AND state = 0
    AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
GROUP BY minute, env, namespace, service, service_type, version, entry, kind, operation
