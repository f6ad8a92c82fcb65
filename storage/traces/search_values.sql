-- The values of an attribute, as text, in the newest spans of a range. The sample is bounded by rows.
SELECT value, count() AS spans
FROM
(
    SELECT arrayJoin(texts) AS value
    FROM
    (
        SELECT /* when */ AS texts
        FROM spans
        PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
        ORDER BY start DESC
        LIMIT {sample:UInt64}
    )
)
WHERE value != '' AND startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))
GROUP BY value
ORDER BY spans DESC, value
LIMIT {limit:UInt64}
