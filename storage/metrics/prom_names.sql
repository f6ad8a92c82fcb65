-- The metrics of a project, as far as Prometheus's names are made of them.
SELECT name, kind, monotonic, unit, scope_name = {prometheus:String} AS prometheus
FROM series
PREWHERE project = {project:String}
WHERE last_seen >= {seen:DateTime64(9, 'UTC')}
GROUP BY name, kind, monotonic, unit, prometheus
ORDER BY name, kind, monotonic, unit, prometheus
