-- The attributes of the spans of two sides, a and b, by value: of a category the values that differ most, of a number ranges of
-- values that hold about as many spans each. apart is how far the sides' distributions are from each other at most within the row, where
-- a span without the attribute lies below all numbers. {na} and {nb} are how many spans there are.
SELECT
    key,
    any(in_a) AS have_a,
    any(in_b) AS have_b,
    any(distinct) AS values,
    toUInt8(any(number)) AS is_number,
    argMin(value, rank) AS first,
    argMax(value, rank) AS last,
    sum(a) AS a,
    sum(b) AS b,
    max(abs(({na:Float64} - in_a + below_a) / {na:Float64} - ({nb:Float64} - in_b + below_b) / {nb:Float64})) AS apart
FROM
(
    SELECT key, value, a, b, in_a, in_b, distinct, number, below_a, below_b,
        if(number, below_rank, rank_apart) AS rank,
        if(number, toUInt64(intDiv((below_a + below_b - 1) * {ranges:UInt64}, in_a + in_b)), rank_apart) AS bin
    FROM
    (
        SELECT key, value, a, b,
            sum(a) OVER (PARTITION BY key) AS in_a,
            sum(b) OVER (PARTITION BY key) AS in_b,
            count() OVER (PARTITION BY key) AS distinct,
            (min(startsWith(value, '\0n')) OVER (PARTITION BY key)) AND distinct > {top:UInt64} AND NOT has({codes:Array(String)}, key) AS number,
            row_number() OVER (PARTITION BY key ORDER BY abs(a / {na:Float64} - b / {nb:Float64}) DESC, value) AS rank_apart,
            row_number() OVER by_number AS below_rank,
            sum(a) OVER by_number AS below_a,
            sum(b) OVER by_number AS below_b
        FROM
        (
            SELECT toString(tupleElement(one, 1)) AS key, tupleElement(one, 2) AS value, countIf(side = 0) AS a, countIf(side = 1) AS b
            FROM
            (
                SELECT side, arrayJoin(/* attributes */) AS one
                FROM
                (
                    SELECT 0 AS side, attrs, attrs_int, attrs_float, /* columns */
                    FROM spans
                    PREWHERE project = {project:String} /* selection */
                    UNION ALL
                    SELECT 1 AS side, attrs, attrs_int, attrs_float, /* columns */
                    FROM spans
                    PREWHERE project = {project:String} /* baseline */
                )
            )
            GROUP BY key, value
        )
        WINDOW by_number AS (PARTITION BY key ORDER BY toFloat64OrZero(substring(value, 3)), value ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
    WHERE number OR rank_apart <= {top:UInt64} + 2
)
GROUP BY key, bin
ORDER BY key, min(rank)
