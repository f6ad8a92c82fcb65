-- What the hashes of rollup_spans.sql and rollup_producers.sql stand for.
SELECT
    cityHash64(service_type, env, namespace, service) AS node,
    if(peer_type = '', 0, cityHash64(peer_type, peer_name, env)) AS peer,
    service_type, env, namespace, service, peer_type, peer_name
FROM spans
PREWHERE project = {project:String} AND state = 0
    AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')} /* when */
LIMIT 1 BY node, peer
