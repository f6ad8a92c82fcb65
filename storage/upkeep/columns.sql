SELECT table, groupArray(name) AS names
FROM system.columns
WHERE database = {database:String} AND table IN {tables:Array(String)}
GROUP BY table
