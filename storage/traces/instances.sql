-- What each resource of a service sent: its spans, and of these its requests (as in rollup_red.sql).
SELECT
    resource_id,
    toUnixTimestamp64Nano(min(start)) AS first,
    toUnixTimestamp64Nano(max(start)) AS last,
    any(version) AS version,
    count() AS spans,
    sumIf(weight, state = 0 AND (kind IN (2, 5) OR parent_id = 0)) AS requests,
    sumIf(weight, state = 0 AND (kind IN (2, 5) OR parent_id = 0) AND class != 0) AS bad,
    sumMapIf(map(toUInt16(floor(8 * log2(greatest(duration, 1)))), weight), state = 0 AND (kind IN (2, 5) OR parent_id = 0)) AS latency
FROM spans
PREWHERE project = {project:String} /* when */
GROUP BY resource_id
ORDER BY spans DESC
LIMIT {limit:UInt64}
