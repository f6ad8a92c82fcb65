-- Who owns services, as their newest resources say: those in use in a range or since; last_seen is refreshed once a day.
SELECT service, service_type, env, argMax(team, last_seen) AS newest
FROM
(
    SELECT service, service_type, env, last_seen,
        arrayFirst(t -> t != '', [attrs['team'], attrs['service.team'], attrs['service.owner'], attrs['k8s.label.team']]) AS team
    FROM resources
    WHERE project = {project:String} AND last_seen >= toDateTime({from:DateTime64(9, 'UTC')}) - toIntervalDay(1)
)
WHERE team != '' AND NOT startsWith(team, '\0')
GROUP BY service, service_type, env
LIMIT {limit:UInt64}
