-- 0005: how the called one says that requests of an edge ended. In rows of before they are all nothing, though server_count is not: of
-- those it is not known.
ALTER TABLE {{table "edges_1m"}} {{on_cluster}}
    ADD COLUMN IF NOT EXISTS server_ok Float64 CODEC(ZSTD(1)) AFTER server_count,
    ADD COLUMN IF NOT EXISTS server_error Float64 CODEC(ZSTD(1)) AFTER server_ok,
    ADD COLUMN IF NOT EXISTS server_throttle Float64 CODEC(ZSTD(1)) AFTER server_error,
    ADD COLUMN IF NOT EXISTS server_fault Float64 CODEC(ZSTD(1)) AFTER server_throttle
;
