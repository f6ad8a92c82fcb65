-- Groups of exceptions of a range. FINAL: what a batch has sent twice counts once. The texts are those of the newest one.
SELECT
    fingerprint,
    any(service) AS of_service,
    any(type) AS of_type,
    argMax(place, start) AS newest_place,
    argMax(message, start) AS newest_message,
    sum(weight) AS total,
    count() AS rows,
    maxIf(escaped, escaped > 0) AS escapes,
    toUnixTimestamp64Nano(max(start)) AS last_here
FROM exceptions FINAL
WHERE project = {project:String}
    AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
    AND ({service:String} = '' OR service = {service:String})
    AND ({any_env:UInt8} OR env = {env:String})
    AND ({any_namespace:UInt8} OR namespace = {namespace:String})
    AND arrayAll(w -> position(lowerUTF8(concat(type, ' ', message, ' ', place, ' ', service, ' ', operation)), w) > 0, {words:Array(String)})
GROUP BY fingerprint
ORDER BY total DESC, fingerprint
LIMIT {limit:UInt64}
