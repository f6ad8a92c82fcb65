-- The values of attributes by how many of some spans have them, each attribute by itself. `which` has a bit for each attribute, the
-- first the highest; that of the counted one is 0. An empty value is for spans without. `total` are the spans that were looked at.
SELECT which, value, spans, bad, distinct, total
FROM
(
    SELECT
        which, value, spans, bad,
        count() OVER (PARTITION BY which) AS distinct,
        sum(spans) OVER (PARTITION BY which) AS total,
        row_number() OVER (PARTITION BY which ORDER BY value = '' DESC, spans DESC, value) AS place
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
)
WHERE place <= if(which = {resources:UInt64}, {most:UInt64}, {top:UInt64})
ORDER BY which, place
