ALTER TABLE {{table}} {{on_cluster}} DROP PARTITION ID {id:String}
