-- How many spans steps of time have, where rollups do not say.
SELECT toInt64(intDiv(toUnixTimestamp(toDateTime(start)), {step:UInt32}) * {step:UInt32}) AS at, count() AS spans
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
GROUP BY at
ORDER BY at
