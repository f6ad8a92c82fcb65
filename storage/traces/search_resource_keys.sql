-- The attribute keys of resources that were in use in a range, or since: last_seen is refreshed once a day.
SELECT arrayJoin(arrayConcat(mapKeys(attrs), mapKeys(attrs_int), mapKeys(attrs_float))) AS key, count() AS resources
FROM resources
WHERE project = {project:String} AND last_seen >= toDateTime({from:DateTime64(9, 'UTC')}) - toIntervalDay(1)
GROUP BY key
ORDER BY resources DESC, key
LIMIT 5000
