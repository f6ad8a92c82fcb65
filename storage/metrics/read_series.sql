-- Series, of each its newest row, in the order of the points.
SELECT name, id, kind, temporality, monotonic, unit, description, metadata, resource_id, service, namespace, env, version,
    scope_name, scope_version, scope_schema_url, scope_attrs, scope_dropped_attrs, attrs, attrs_int, attrs_float, last_seen
FROM series
PREWHERE project = {project:String} /* when */
WHERE last_seen >= {seen:DateTime64(9, 'UTC')}
ORDER BY name, id, last_seen DESC, description
LIMIT 1 BY name, id
