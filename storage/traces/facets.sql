-- The values of attributes by how many of some spans have them, each attribute by itself. `which` has a bit for each attribute, the
-- first the highest; that of the counted one is 0. An empty value is for spans without.
SELECT which, value, spans, bad, count() OVER (PARTITION BY which) AS distinct
FROM
(
    SELECT which, toString(multiIf(/* texts */, '')) AS value, sum(spans) AS spans, sum(bad) AS bad
    FROM
    (
        SELECT toUInt64(grouping(/* columns */)) AS which, /* columns */, count() AS spans, countIf(class != 0) AS bad
        FROM
        (
            SELECT class, /* values */
            FROM spans
            PREWHERE project = {project:String} /* when */
        )
        GROUP BY GROUPING SETS (/* sets */)
    )
    GROUP BY which, value
)
ORDER BY value = '' DESC, spans DESC, value
LIMIT {top:UInt64} BY which
