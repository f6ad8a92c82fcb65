-- Minutes that have spans.
SELECT DISTINCT toUnixTimestamp(toStartOfMinute(start)) AS minute
FROM spans
PREWHERE project = {project:String} AND state = 0 /* when */
ORDER BY minute
