-- Points of gauges and sums of one name, series by series. Of several of one time the last is the one that counts.
SELECT series, toUnixTimestamp64Nano(time) AS at, time_offset, start, value, residue, type, flags
FROM points
PREWHERE project = {project:String} AND name = {name:String} /* when */
    AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}
ORDER BY series, time, batch
