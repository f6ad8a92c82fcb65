-- Points of histograms, exponential histograms and summaries of one name, series by series. Of several of one time the last is the
-- one that counts.
SELECT series, toUnixTimestamp64Nano(time) AS at, time_offset, start, flags, count, sum, min, max, present, bounds, counts, scale,
    zero_count, zero_threshold, pos_offset, pos_counts, neg_offset, neg_counts, quantiles, quantile_values
FROM distributions
PREWHERE project = {project:String} AND name = {name:String} /* when */
    AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}
ORDER BY series, time, batch
