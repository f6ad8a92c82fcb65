-- How many INSERTs of a batch the server still works on: their deduplication tokens begin with the batch's id. A count of 0 rows is
-- final only when there is none. (Quoted, because readers may not say SETTINGS.)
SELECT count() AS inserts
FROM system.processes
WHERE startsWith(`Settings`['insert_deduplication_token'], concat({batch:String}, '/'))
