-- The metrics of a project by name, with what their series have in common. Rows of a series repeat, once a day. Where series say different
-- things of their metric, that counts which most of them say last, of equals the first in order: a figure that does not change from one
-- question to the next. Who says nothing has no vote.
SELECT name, kind, temporality, monotonic, unit, prometheus, argMin(description, (description = '', -toInt64(series), description)) AS said, sum(series) AS ids, max(newest) AS seen
FROM
(
    SELECT name, kind, temporality, monotonic, unit, prometheus, description, count() AS series, max(last) AS newest
    FROM
    (
        SELECT name, kind, temporality, monotonic, unit, scope_name = {prometheus:String} AS prometheus, id, argMax(series.description, (last_seen, series.description)) AS description, max(last_seen) AS last
        FROM series
        PREWHERE project = {project:String}
        WHERE last_seen >= {seen:DateTime64(9, 'UTC')} AND positionCaseInsensitiveUTF8(name, {contains:String}) > 0
        GROUP BY name, kind, temporality, monotonic, unit, prometheus, id
    )
    GROUP BY name, kind, temporality, monotonic, unit, prometheus, description
)
GROUP BY name, kind, temporality, monotonic, unit, prometheus
ORDER BY name, kind, unit, temporality, monotonic, prometheus
LIMIT {limit:UInt64}
