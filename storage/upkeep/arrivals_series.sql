-- Points by service: they name their series, and the series its service. A series has a row a day, all of one service.
SELECT service, sum(n) AS items, min(earliest) AS first
FROM (
    SELECT name, series, count() AS n, min({{time}}) AS earliest
    FROM {{table}}
    WHERE project = {project:String} AND {{time}} >= {from:DateTime64(9, 'UTC')} AND {{time}} < {to:DateTime64(9, 'UTC')}
    GROUP BY name, series
) AS p
ANY LEFT JOIN (SELECT name, id, service FROM series WHERE project = {project:String}) AS s ON s.name = p.name AND s.id = p.series
GROUP BY service
ORDER BY items DESC, service
LIMIT 500
