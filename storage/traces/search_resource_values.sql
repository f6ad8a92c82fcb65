-- The values of a resource's attribute, as text, by how many resources have them.
SELECT arrayJoin(/* when */) AS value, count() AS spans
FROM resources
WHERE project = {project:String} AND last_seen >= toDateTime({from:DateTime64(9, 'UTC')}) - toIntervalDay(1)
GROUP BY value
HAVING value != '' AND startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))
ORDER BY spans DESC, value
LIMIT {limit:UInt64}
