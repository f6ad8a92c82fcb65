SELECT p.table AS table, p.partition_id AS id, any(p.partition) AS name, any(t.partition_key) AS key,
       sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, count() AS parts
FROM system.parts AS p
LEFT JOIN system.tables AS t ON t.database = p.database AND t.name = p.table
WHERE p.active AND p.database = {database:String}
GROUP BY table, id
ORDER BY table, id
