-- Parts that were replaced until a moment and still lie on disk: the engine removes them some minutes later.
SELECT count() AS parts
FROM system.parts
WHERE database = {database:String} AND NOT active AND remove_time <= toDateTime({until:DateTime64(9, 'UTC')})
    AND replaceRegexpOne(table, '_local$', '') IN {tables:Array(String)}
