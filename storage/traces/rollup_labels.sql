-- What the hashes of rollup_calls, rollup_own and rollup_arrivals stand for, over all the time that those look at.
SELECT
    cityHash64(service_type, env, namespace, service) AS node,
    if(peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS peer,
    service_type, env, namespace, service, peer_type, peer_name
FROM
(
    SELECT service_type, env, namespace, service, peer_type, peer_name
    FROM spans
    PREWHERE project = {project:String} AND state = 0
        AND start >= {from:DateTime64(9, 'UTC')} - toIntervalSecond(30) AND start < {to:DateTime64(9, 'UTC')} + toIntervalSecond(30)

    UNION ALL

    SELECT service_type, env, namespace, service, peer_type, peer_name
    FROM spans
    PREWHERE project = {project:String} AND state = 0 AND kind = 4
        AND start >= {from:DateTime64(9, 'UTC')} - toIntervalMinute(2) AND start < {from:DateTime64(9, 'UTC')} - toIntervalSecond(30)
    /* far */
)
LIMIT 1 BY node, peer
