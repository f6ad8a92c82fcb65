-- When groups of exceptions were first and last seen in all that is kept, and the version of the first. No FINAL: a repeat changes
-- neither the least nor the greatest.
SELECT
    fingerprint,
    toUnixTimestamp64Nano(min(start)) AS first,
    toUnixTimestamp64Nano(max(start)) AS last,
    argMin(version, start) AS first_version,
    any(service) AS of_service
FROM exceptions
WHERE project = {project:String} AND fingerprint IN {fingerprints:Array(UInt64)}
GROUP BY fingerprint
