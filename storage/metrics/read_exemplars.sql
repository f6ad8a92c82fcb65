-- Exemplars of points of one name, series by series. A repeated INSERT is there once.
SELECT series, toUnixTimestamp64Nano(time) AS point, at, value, residue, type, trace_id, span_id, attrs
FROM exemplars
PREWHERE project = {project:String} AND name = {name:String} /* when */
    AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}
ORDER BY series, time, id
LIMIT 1 BY series, time, id
