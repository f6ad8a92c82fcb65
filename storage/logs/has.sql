-- 1 if there is any record.
SELECT count()
FROM (SELECT 1 FROM logs WHERE project = {project:String} LIMIT 1)
