-- The metrics of a project by name, with what their series have in common. Rows of a series repeat, once a day.
SELECT name, kind, temporality, monotonic, unit, scope_name = {prometheus:String} AS prometheus, argMax(description, last_seen) AS said, uniqExact(id) AS ids, max(last_seen) AS seen
FROM series
PREWHERE project = {project:String}
WHERE last_seen >= {seen:DateTime64(9, 'UTC')} AND positionCaseInsensitiveUTF8(name, {contains:String}) > 0
GROUP BY name, kind, temporality, monotonic, unit, prometheus
ORDER BY name, kind, unit, temporality, monotonic, prometheus
LIMIT {limit:UInt64}
