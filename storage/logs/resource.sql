-- A resource. Equal id means equal content, so any row of it will do.
SELECT attrs, attrs_int, attrs_float, dropped_attrs, schema_url
FROM resources
WHERE project = {project:String} AND id = {id:FixedString(16)}
LIMIT 1
