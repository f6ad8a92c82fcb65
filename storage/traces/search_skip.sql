-- Minutes that can not hold a match: their published rollup has no row that fits, and no span of them is in progress. Spans that the
-- rollup may not have seen are search_late.sql's.
SELECT toUnixTimestamp(minute) AS minute
FROM rollup_minutes
WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
    AND minute NOT IN
    (
        SELECT minute
        FROM red_1m
        WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
            AND (minute, generation) IN
            (
                SELECT minute, max(generation)
                FROM rollup_minutes
                WHERE project = {project:String} AND minute >= toDateTime({from:DateTime64(9, 'UTC')}) AND minute < toDateTime({to:DateTime64(9, 'UTC')})
                GROUP BY minute
            )
            AND /* when */
    )
    AND minute NOT IN
    (
        SELECT DISTINCT toStartOfMinute(start)
        FROM spans
        PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')} AND state = 1
    )
GROUP BY minute
ORDER BY minute
