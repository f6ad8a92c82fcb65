-- Edges that end in a span which no CLIENT called, with that span's view (view 0) and minute; for messages also how long they waited
-- (view 2: one for each PRODUCER).
--   * SERVER without a parent: an edge from a client, src 0.
--   * CONSUMER: an async edge from its queue; if it names none, from the queue of its PRODUCER, or from the PRODUCER's service if
--     that names none either. Its producers are its parent and what its links point to. Without any, src 0 and async.
--   * SERVER, or INTERNAL of another service, below a PRODUCER: likewise.
-- Producers start up to 2 minutes before the range; rollup_arrivals_far.sql brings those that started before that.
SELECT
    minute, async, src, dst, view, class,
    toUInt16(floor(8 * log2(greatest(ns, 1)))) AS bucket,
    sum(w) AS weight, count() AS spans, sum(w * ns) AS total
FROM
(
    SELECT
        minute, c_row, c_node AS dst, class, w,
        p_row != 0 AND (c_kind IN (2, 5) OR p_node != c_node) AS sent,
        c_kind = 5 OR sent AS async,
        multiIf(queue != 0, queue, NOT sent, 0, p_peer != 0, p_peer, p_node) AS src,
        arrayJoin(if(sent, [0, 2], [0])) AS view,
        if(view = 0, c_ns, toUInt64(greatest(c_start - p_start, 0))) AS ns,
        if(view = 0, 0, p_row) AS sender
    FROM
    (
        SELECT
            c_row, minute, c_kind, c_start, entry, c_node, queue, class, w, c_ns,
            arrayJoin(refs) AS ref, tupleElement(ref, 1) AS r_trace, tupleElement(ref, 2) AS r_id
        FROM
        (
            SELECT
                rowNumberInAllBlocks() AS c_row, toUnixTimestamp(toStartOfMinute(start)) AS minute, kind AS c_kind,
                toUnixTimestamp64Nano(start) AS c_start, kind = 2 AND parent_id = 0 AS entry,
                cityHash64(service_type, env, namespace, service) AS c_node,
                if(kind != 5 OR peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS queue,
                class, weight AS w, duration AS c_ns,
                if(kind = 5, arrayDistinct(arrayPushFront(arrayZip(ln_trace_id, ln_span_id), (trace_id, parent_id))), [(trace_id, parent_id)]) AS refs
            FROM spans
            PREWHERE project = {project:String} AND state = 0 AND kind NOT IN (3, 4)
                AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
                AND (kind = 5 OR kind = 2 AND parent_id = 0 OR parent_id IN
                (
                    SELECT span_id
                    FROM spans
                    PREWHERE project = {project:String} AND state = 0 AND kind = 4
                        AND start >= {from:DateTime64(9, 'UTC')} - toIntervalMinute(2) AND start < {to:DateTime64(9, 'UTC')} + toIntervalSecond(10)
                ))
        )
    ) AS c
    LEFT JOIN
    (
        SELECT
            rowNumberInAllBlocks() + 1 AS p_row, trace_id AS p_trace, span_id AS p_id, toUnixTimestamp64Nano(start) AS p_start,
            cityHash64(service_type, env, namespace, service) AS p_node,
            if(peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS p_peer
        FROM
        (
            SELECT trace_id, span_id, start, service_type, env, namespace, service, peer_type, peer_name
            FROM spans
            PREWHERE project = {project:String} AND state = 0 AND kind = 4
                AND start >= {from:DateTime64(9, 'UTC')} - toIntervalMinute(2) AND start < {to:DateTime64(9, 'UTC')} + toIntervalSecond(10)
            /* far */
        )
    ) AS p ON r_id = p_id AND r_trace = p_trace
    WHERE c_kind = 5 OR sent OR entry
    LIMIT 1 BY c_row, view, async, src, sender
)
GROUP BY minute, async, src, dst, view, class, bucket
