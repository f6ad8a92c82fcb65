-- Whether a span has an attribute elsewhere than in its column.
SELECT count() AS spans
FROM spans
PREWHERE project = {project:String} /* when */
