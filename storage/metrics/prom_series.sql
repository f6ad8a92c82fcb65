-- Series of some metrics, of each its newest row, in the order of the points; what labels are made of.
SELECT name, id, kind, temporality, monotonic, unit, metadata, resource_id, scope_name, scope_version, scope_schema_url, scope_attrs, attrs, attrs_int, attrs_float
FROM series
PREWHERE project = {project:String} AND name IN {names:Array(String)} /* when */
WHERE last_seen >= {seen:DateTime64(9, 'UTC')}
ORDER BY name, id, last_seen DESC, description
LIMIT 1 BY name, id
