-- 0004: one row per exception of a span, without its stack trace, so that groups of them are found without reading spans (docs/adr/0023).
-- A repeat is harmless: equal keys are the same exception, and readers of counts read FINAL. In the order of time, parts hardly
-- overlap and FINAL costs next to nothing.
CREATE TABLE IF NOT EXISTS {{table "exceptions"}} {{on_cluster}}
(
    project         LowCardinality(String),
    start           DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),      -- of the span
    trace_id        FixedString(16) CODEC(ZSTD(1)),
    span_id         UInt64 CODEC(NONE),
    ordinal         UInt16 CODEC(ZSTD(1)),                              -- place among the span's exceptions
    fingerprint     UInt64 CODEC(ZSTD(1)),                              -- of service, type, message without its variables, frames
    service         LowCardinality(String) CODEC(ZSTD(1)),
    namespace       LowCardinality(String) CODEC(ZSTD(1)),
    env             LowCardinality(String) CODEC(ZSTD(1)),
    version         LowCardinality(String) CODEC(ZSTD(1)),
    operation       LowCardinality(String) CODEC(ZSTD(1)),              -- the span's name
    type            LowCardinality(String) CODEC(ZSTD(1)),
    message         String CODEC(ZSTD(1)),                              -- its first kilobyte
    place           LowCardinality(String) CODEC(ZSTD(1)),              -- the top frame of the service's own code; '': no stack trace
    escaped         UInt8 CODEC(ZSTD(1)),                               -- 0 nothing said, 1 no, 2 yes
    weight          Float64 CODEC(ZSTD(1)),
    retention_days  UInt16 CODEC(ZSTD(1)),
    batch           UInt128 CODEC(ZSTD(1))
)
ENGINE = {{engine "ReplacingMergeTree"}}
PARTITION BY (retention_days, toDate(start))
ORDER BY (project, start, trace_id, span_id, ordinal)
TTL toDateTime(start) + toIntervalDay(retention_days)
SETTINGS {{settings}}
;
