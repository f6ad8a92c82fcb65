SELECT count() AS rows FROM {{table}} WHERE project = {project:String} AND {{which}} AND batch < {before:UInt128}
