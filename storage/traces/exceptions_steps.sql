-- Groups of exceptions by steps of time, with the operations that they came from: each row is a group, a step, an operation and a version.
SELECT
    fingerprint,
    toInt64(toUnixTimestamp(start)) - toInt64(toUnixTimestamp(start)) % {step:Int64} AS at,
    operation,
    version,
    sum(weight) AS total,
    toUnixTimestamp64Nano(min(start)) AS first,
    toUnixTimestamp64Nano(max(start)) AS last
FROM exceptions FINAL
WHERE project = {project:String} AND fingerprint IN {fingerprints:Array(UInt64)}
    AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
    AND ({any_env:UInt8} OR env = {env:String})
    AND ({any_namespace:UInt8} OR namespace = {namespace:String})
GROUP BY fingerprint, at, operation, version
ORDER BY fingerprint, at, operation, version
LIMIT {limit:UInt64}
