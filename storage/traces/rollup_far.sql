-- More producers: those of some traces that started before the two minutes that are always looked at.
UNION ALL
SELECT trace_id, span_id, start, service_type, env, namespace, service, peer_type, peer_name
FROM spans
PREWHERE project = {project:String} AND state = 0 AND kind = 4
    AND start >= {far_from:DateTime64(9, 'UTC')} AND start < {from:DateTime64(9, 'UTC')} - toIntervalMinute(2)
    AND trace_id IN {far:Array(FixedString(16))}
