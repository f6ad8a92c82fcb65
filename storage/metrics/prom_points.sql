-- Samples of gauges and sums of some metrics, series by series: times in ms. Of several of one time the last is the one that counts.
-- Points that only carry exemplars are none.
SELECT indexOf({names:Array(String)}, name) AS metric, series, intDiv(toUnixTimestamp64Nano(time), 1000000) AS at, intDiv(start, 1000000) AS began, value
FROM points
PREWHERE project = {project:String} AND name IN {names:Array(String)} /* when */
    AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}
WHERE type != 0 OR bitTest(flags, 0)
ORDER BY name, series, time, batch
