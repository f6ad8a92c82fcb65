-- Spans of traces as far as ids and conditions go. Every column is of a fixed width: there are hundreds of thousands of rows.
SELECT
    trace_id,
    span_id,
    parent_id,
    /* atoms */ AS bits
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
    /* when */
LIMIT {limit:UInt64}
