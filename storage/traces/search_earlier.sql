-- Which of some traces have a matching span in a range: an earlier page has shown them.
SELECT DISTINCT trace_id
FROM spans
PREWHERE project = {project:String} /* when */
    AND trace_id IN {ids:Array(FixedString(16))}
