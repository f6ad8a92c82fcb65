ALTER TABLE {{table}} {{on_cluster}} DELETE WHERE project = {project:String} AND {{which}} AND batch < {before:UInt128} AND {mark:String} != ''
