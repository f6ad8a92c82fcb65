-- When the newest rollup was made, in unix ns.
SELECT max(generation)
FROM rollup_minutes
WHERE project = {project:String}
