-- How many spans match, by steps of time and by duration. roundDown puts a duration into the bucket of the largest bound that is
-- not above it.
SELECT
    toInt64(intDiv(toUnixTimestamp64Nano(start) - {origin:Int64}, {step:Int64})) AS column,
    toUInt64(roundDown(duration, {bounds:Array(UInt64)})) AS low,
    count() AS spans,
    countIf(class != 0) AS bad
FROM spans
PREWHERE project = {project:String} /* when */
GROUP BY column, low
