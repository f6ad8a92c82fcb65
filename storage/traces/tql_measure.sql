-- Sums over matching spans by steps of time and by values of attributes: numbers and texts as clause.go counts them. Spans count by
-- their weight.
SELECT
    toInt64(intDiv(toUnixTimestamp64Nano(start) - {origin:Int64}, {step:Int64})) AS column,
    CAST([/* texts */], 'Array(String)') AS texts,
    /* resource */ AS resource,
    sum(weight) AS weights,
    /* figures */
FROM spans
PREWHERE project = {project:String} /* when */
GROUP BY /* keys */
