SELECT id, attrs, attrs_int, attrs_float, dropped_attrs, schema_url
FROM resources
WHERE project = {project:String} AND id IN {ids:Array(FixedString(16))}
LIMIT 1 BY id
