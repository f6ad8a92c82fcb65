-- Edges as callers see them (view 0), and what the called measured of the same requests (view 1), by minute of the caller's span.
-- Nodes are named by a hash, which rollup_labels.sql spells out: strings cost several times as much to join and to group by.
--   * CLIENT with SERVER children, or CONSUMER children that name no queue: an edge to each of their services.
--   * CLIENT without, and PRODUCER: an edge to its peer; without one, to the queues that CONSUMER children name.
-- A child starts up to 10 s before its caller (skew) or any time in the range; up to 30 s after the range it is looked for too.
-- Rows are numbered so that of two spans with the same ids each counts once, however many partners it has.
SELECT
    minute, src, dst, view, class,
    toUInt16(floor(8 * log2(greatest(ns, 1)))) AS bucket,
    sum(w) AS weight, count() AS spans, sum(w * ns) AS total
FROM
(
    SELECT
        minute, class, p_node AS src,
        p_kind = 3 AND c_kind != 0 AND c_queue = 0 AS direct,
        multiIf(direct, c_node, p_peer != 0, p_peer, c_queue) AS dst,
        arrayJoin(if(direct, [0, 1], [0])) AS view,
        if(view = 0, p_weight, c_weight) AS w,
        if(view = 0, p_ns, c_ns) AS ns,
        if(view = 0, p_row, c_row) AS row
    FROM
    (
        SELECT
            rowNumberInAllBlocks() AS p_row, toUnixTimestamp(toStartOfMinute(start)) AS minute,
            trace_id AS p_trace, span_id AS p_id, kind AS p_kind,
            cityHash64(service_type, env, namespace, service) AS p_node,
            if(peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS p_peer,
            class, weight AS p_weight, duration AS p_ns
        FROM spans
        PREWHERE project = {project:String} AND state = 0 AND kind IN (3, 4)
            AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
    ) AS p
    LEFT JOIN
    (
        SELECT
            rowNumberInAllBlocks() AS c_row, trace_id AS c_trace, parent_id AS c_parent, kind AS c_kind,
            cityHash64(service_type, env, namespace, service) AS c_node,
            if(kind = 2 OR peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS c_queue,
            weight AS c_weight, duration AS c_ns
        FROM spans
        PREWHERE project = {project:String} AND state = 0 AND kind IN (2, 5) AND parent_id != 0
            AND start >= {from:DateTime64(9, 'UTC')} - toIntervalSecond(10) AND start < {to:DateTime64(9, 'UTC')} + toIntervalSecond(30)
    ) AS c ON p_id = c_parent AND p_trace = c_trace
    WHERE dst != 0
    LIMIT 1 BY view, row, src, dst
)
GROUP BY minute, src, dst, view, class, bucket
