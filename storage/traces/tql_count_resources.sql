-- How many spans resources have, on two sides and by steps of time.
SELECT
    /* selection */ AS selected,
    resource_id AS resource,
    toInt64(intDiv(toUnixTimestamp64Nano(start) - {origin:Int64}, {step:Int64})) AS column,
    sum(weight) AS total
FROM spans
PREWHERE project = {project:String} /* when */
GROUP BY selected, resource, column
