-- How many rows of a batch a partition holds: the minmax index on batch and the partition leave a few granules to read.
SELECT count() AS rows
FROM {{table}}
WHERE batch = {batch:UInt128}
  AND retention_days = {retention_days:UInt16}
  AND {{time}} >= {from:DateTime64(9, 'UTC')}
  AND {{time}} < {to:DateTime64(9, 'UTC')}
