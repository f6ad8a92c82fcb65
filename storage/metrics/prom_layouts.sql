-- Which bounds and quantiles the points of histograms and summaries have: their buckets and quantiles are series of their own.
SELECT indexOf({names:Array(String)}, name) AS metric, series, toInt64(0) AS at, toUInt64(0) AS began, bounds, quantiles, max(present) AS present
FROM distributions
PREWHERE project = {project:String} AND name IN {names:Array(String)} /* when */
    AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}
GROUP BY name, series, bounds, quantiles
ORDER BY name, series, bounds, quantiles
