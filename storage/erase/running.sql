-- Deletions that the engine has not done yet, and what the last one failed with. A mark is in the text of each.
SELECT count() AS running, anyLast(latest_fail_reason) AS reason
FROM system.mutations
WHERE database = {database:String} AND NOT is_done AND position(command, {mark:String}) > 0
