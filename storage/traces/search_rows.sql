-- The spans of a few traces, for their figures. For so few, rows are cheaper to read than sums are to plan.
SELECT trace_id, span_id, service, class, state, parent_id = 0 AS root, toUnixTimestamp64Nano(start) AS start_ns, duration
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
    /* when */
LIMIT {limit:UInt64}
