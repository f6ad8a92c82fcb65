-- Points of histograms, exponential histograms and summaries of some metrics, series by series: times in ms. Of several of one time the
-- last is the one that counts.
SELECT indexOf({names:Array(String)}, name) AS metric, series, intDiv(toUnixTimestamp64Nano(time), 1000000) AS at, intDiv(start, 1000000) AS began,
    flags, count, sum, present, bounds, counts, scale, zero_count, zero_threshold, pos_offset, pos_counts, neg_offset, neg_counts, quantiles, quantile_values
FROM distributions
PREWHERE project = {project:String} AND name IN {names:Array(String)} /* when */
    AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}
ORDER BY name, series, time, batch
