-- The attribute keys of the newest spans of a range by scope: 0 span, 1 instrumentation, 2 event, 3 link. The sample is bounded by
-- rows, and of the maps only the keys are read.
SELECT tupleElement(one, 1) AS scope, tupleElement(one, 2) AS key, count() AS spans
FROM
(
    SELECT arrayJoin(arrayConcat(
        arrayMap(k -> (0, k), own),
        arrayMap(k -> (1, k), instrumentation),
        arrayMap(k -> (2, k), arrayDistinct(arrayFlatten(events))),
        arrayMap(k -> (3, k), arrayDistinct(arrayFlatten(links))))) AS one
    FROM
    (
        SELECT
            arrayConcat(
                mapKeys(attrs), mapKeys(attrs_int), mapKeys(attrs_float),
                arrayFilter((k, v) -> v != '',
                    ['http.request.method', 'http.route', 'messaging.system', 'rpc.service', 'rpc.method', 'db.system.name', 'db.operation.name',
                        'server.address', 'messaging.destination.name', 'error.type', 'network.protocol.version'],
                    [a_http_request_method, a_http_route, a_messaging_system, a_rpc_service, a_rpc_method, a_db_system_name, a_db_operation_name,
                        a_server_address, a_messaging_destination_name, a_error_type, a_network_protocol_version]),
                if(a_http_response_status_code != 0, ['http.response.status_code'], [])) AS own,
            mapKeys(scope_attrs) AS instrumentation,
            arrayMap(m -> mapKeys(m), ev_attrs) AS events,
            arrayMap(m -> mapKeys(m), ln_attrs) AS links
        FROM spans
        PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
        ORDER BY start DESC
        LIMIT {sample:UInt64}
    )
)
GROUP BY scope, key
ORDER BY spans DESC, key
LIMIT 5000
