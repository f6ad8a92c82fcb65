-- How many spans match.
SELECT count() AS spans
FROM spans
PREWHERE project = {project:String} /* when */
