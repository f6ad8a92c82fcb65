-- Which spans in progress have a complete row.
SELECT trace_id, span_id
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
    AND state = 0 AND span_id IN {spans:Array(UInt64)} AND trace_id IN {ids:Array(FixedString(16))}
