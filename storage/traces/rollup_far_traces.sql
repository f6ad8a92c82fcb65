-- Traces that may hold producers of the range's consumers, further back than two minutes but within a day. 256 at most: a backlog in a
-- queue is sampled.
SELECT trace_id, toUnixTimestamp64Nano(min(min_start)) AS first
FROM trace_index
WHERE project = {project:String} AND trace_id IN
(
    SELECT DISTINCT tupleElement(ref, 1)
    FROM
    (
        SELECT arrayJoin(arrayDistinct(arrayPushFront(arrayZip(ln_trace_id, ln_span_id), (trace_id, parent_id)))) AS ref
        FROM spans
        PREWHERE project = {project:String} AND state = 0 AND kind = 5
            AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
    )
    WHERE tupleElement(ref, 2) != 0 AND tupleElement(ref, 2) NOT IN
    (
        SELECT span_id
        FROM spans
        PREWHERE project = {project:String} AND state = 0 AND kind = 4
            AND start >= {from:DateTime64(9, 'UTC')} - toIntervalMinute(2) AND start < {to:DateTime64(9, 'UTC')} + toIntervalSecond(10)
    )
    LIMIT 256
)
GROUP BY trace_id
HAVING min(min_start) < {from:DateTime64(9, 'UTC')} - toIntervalMinute(2) AND max(max_start) >= {far_from:DateTime64(9, 'UTC')}
