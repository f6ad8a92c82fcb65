-- The fields of the spans of two sides by value, as in facets.sql.
SELECT which, value, a, b, count() OVER (PARTITION BY which) AS distinct
FROM
(
    SELECT which, toString(multiIf(/* texts */, '')) AS value, sum(a) AS a, sum(b) AS b
    FROM
    (
        SELECT toUInt64(grouping(/* columns */)) AS which, /* columns */, countIf(side = 0) AS a, countIf(side = 1) AS b
        FROM
        (
            SELECT 0 AS side, /* values */
            FROM spans
            PREWHERE project = {project:String} /* selection */
            UNION ALL
            SELECT 1 AS side, /* values */
            FROM spans
            PREWHERE project = {project:String} /* baseline */
        )
        GROUP BY GROUPING SETS (/* sets */)
    )
    GROUP BY which, value
)
ORDER BY value = '' DESC, abs(a / {na:Float64} - b / {nb:Float64}) DESC, value
LIMIT {top:UInt64} BY which
