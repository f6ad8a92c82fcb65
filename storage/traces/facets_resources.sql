-- How many of some spans name each resource.
SELECT resource_id, count() AS spans, countIf(class != 0) AS bad
FROM spans
PREWHERE project = {project:String} /* when */
GROUP BY resource_id
ORDER BY spans DESC, resource_id
LIMIT {limit:UInt64}
