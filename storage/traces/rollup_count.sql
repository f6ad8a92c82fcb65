SELECT count()
FROM spans
PREWHERE project = {project:String} AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}
