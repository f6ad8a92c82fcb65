-- Edges without a caller's view: a span of one service right below a span of another that is neither CLIENT nor PRODUCER. The edge
-- has the child's view and minute. Parents start up to 30 s before the range or any time in it.
SELECT
    minute, src, dst, class,
    toUInt16(floor(8 * log2(greatest(ns, 1)))) AS bucket,
    sum(w) AS weight, count() AS spans, sum(w * ns) AS total
FROM
(
    SELECT minute, p_node AS src, c_node AS dst, class, w, ns
    FROM
    (
        SELECT trace_id AS p_trace, span_id AS p_id, cityHash64(service_type, env, namespace, service) AS p_node
        FROM spans
        PREWHERE project = {project:String} AND state = 0 AND kind NOT IN (3, 4)
            AND start >= {from:DateTime64(9, 'UTC')} - toIntervalSecond(30) AND start < {to:DateTime64(9, 'UTC')} + toIntervalSecond(10)
    ) AS p
    INNER JOIN
    (
        SELECT
            rowNumberInAllBlocks() AS c_row, toUnixTimestamp(toStartOfMinute(start)) AS minute, trace_id AS c_trace, parent_id AS c_parent,
            cityHash64(service_type, env, namespace, service) AS c_node, class, weight AS w, duration AS ns
        FROM spans
        PREWHERE project = {project:String} AND state = 0 AND kind NOT IN (3, 4) AND parent_id != 0
            AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
        WHERE kind != 5 OR peer_type = ''
    ) AS c ON p_id = c_parent AND p_trace = c_trace
    WHERE p_node != c_node
    LIMIT 1 BY c_row, p_node
)
GROUP BY minute, src, dst, class, bucket
