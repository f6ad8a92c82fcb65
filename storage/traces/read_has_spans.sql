SELECT count()
FROM
(
    SELECT 1
    FROM spans
    WHERE project = {project:String}
    LIMIT 1
)
