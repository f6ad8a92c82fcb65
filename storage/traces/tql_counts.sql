-- How often attributes have which values, on two sides and by steps of time: of every attribute the most frequent values.
SELECT
    selected,
    toString(tupleElement(one, 1)) AS key,
    tupleElement(one, 2) AS value,
    sum(weight) AS total,
    sumMap(map(column, weight)) AS columns
FROM
(
    SELECT
        /* selection */ AS selected,
        toInt64(intDiv(toUnixTimestamp64Nano(start) - {origin:Int64}, {step:Int64})) AS column,
        weight,
        arrayJoin(/* pairs */) AS one
    FROM spans
    PREWHERE project = {project:String} /* when */
)
GROUP BY selected, key, value
ORDER BY selected, key, total DESC, value
LIMIT {top:UInt64} BY selected, key
