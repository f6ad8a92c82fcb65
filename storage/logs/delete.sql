-- Log records that a deletion asks for, of batches that are settled, by what tells them apart.
SELECT concat('(', toString(batch), ',', toString(seq), ')') AS record
FROM logs
WHERE project = {project:String} AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}
    AND batch < {before:UInt128} /* when */
LIMIT {limit:UInt64}
