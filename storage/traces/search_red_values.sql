-- The values of a column of red_1m, by how many spans have them: what is rare is in no sample of spans.
SELECT toString(/* when */) AS value, sum(spans) AS spans
FROM red_1m
WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
GROUP BY value
HAVING value != '' AND startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))
ORDER BY spans DESC, value
LIMIT {limit:UInt64}
