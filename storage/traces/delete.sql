-- Traces with a span that a deletion asks for, of batches that are settled. Newest first, so that what is left can be asked for again.
SELECT DISTINCT trace_id
FROM spans
WHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
    AND batch < {before:UInt128} /* when */
LIMIT {limit:UInt64}
