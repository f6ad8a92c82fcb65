SELECT service, count() AS items, min({{time}}) AS first
FROM {{table}}
WHERE project = {project:String} AND {{time}} >= {from:DateTime64(9, 'UTC')} AND {{time}} < {to:DateTime64(9, 'UTC')}
GROUP BY service
ORDER BY items DESC, service
LIMIT 500
