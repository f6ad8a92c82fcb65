-- The resources of a project, as far as spans take columns from them. Rows of one id say the same.
SELECT id AS resource_id, service, service_type, namespace, env, version
FROM resources
PREWHERE project = {project:String}
LIMIT {limit:UInt64}
