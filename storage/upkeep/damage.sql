-- What the engine could not read: the last error of each kind since it started, and parts that it put aside when it started.
SELECT '' AS table, '' AS part, last_error_message AS message
FROM system.errors
WHERE value > 0 AND has({names:Array(String)}, name)
UNION ALL
SELECT table, name AS part, '' AS message
FROM system.detached_parts
WHERE database = {database:String} AND startsWith(ifNull(reason, ''), 'broken')
