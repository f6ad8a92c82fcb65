-- The minutes of some spans of a range that were stored since {since} (the upper half of batch is its time in ns).
SELECT toUnixTimestamp(toStartOfMinute(start)) AS minute, count() AS spans
FROM
(
    SELECT start
    FROM spans
    PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
        AND batch >= bitShiftLeft(toUInt128({since:UInt64}), 64)
    LIMIT {limit:UInt64}
)
GROUP BY minute
