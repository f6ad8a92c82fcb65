-- 0002: log records. The rules of 0001 hold here too.
--
-- What OTLP sends and a column holds only in part:
--   * time_unix_nano and observed_time_unix_nano, both 0 where they are not sent: `time` is the first of them that a clock can have
--     meant, else when the record was received; `sent` says which were sent, and the offsets give them back exactly.
--   * the body, an AnyValue: a string is itself, any other type is text with a tag as in a string map ("\0j" + JSON for maps and
--     lists, "\0e" where there is none), so that one column and one index serve every search for text.
CREATE TABLE IF NOT EXISTS {{table "logs"}} {{on_cluster}}
(
    project         LowCardinality(String),
    time            DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    sent            UInt8 CODEC(ZSTD(1)),                               -- bits: 1 time_unix_nano, 2 observed_time_unix_nano
    time_offset     Int64 CODEC(T64, ZSTD(1)),                          -- ns, time_unix_nano - time modulo 2^64; 0 but for absurd times
    observed_offset Int64 CODEC(T64, ZSTD(1)),                          -- ns, observed_time_unix_nano - time modulo 2^64
    trace_id        FixedString(16) CODEC(ZSTD(1)),                     -- zeros: none
    span_id         UInt64 CODEC(ZSTD(1)),                              -- 0: none. Repeats within a request, so unlike a span's it compresses
    flags           UInt32 CODEC(ZSTD(1)),
    severity        Int32 CODEC(ZSTD(1)),                               -- severity_number as sent; 1-4 trace, 5-8 debug, ... 21-24 fatal
    severity_text   LowCardinality(String) CODEC(ZSTD(1)),
    event_name      LowCardinality(String) CODEC(ZSTD(1)),
    body            String CODEC(ZSTD(1)),
    dropped_attrs   UInt32 CODEC(ZSTD(1)),

    -- from the resource, which is kept whole in `resources`
    resource_id     FixedString(16) CODEC(ZSTD(1)),
    service         LowCardinality(String) CODEC(ZSTD(1)),
    namespace       LowCardinality(String) CODEC(ZSTD(1)),
    env             LowCardinality(String) CODEC(ZSTD(1)),
    version         LowCardinality(String) CODEC(ZSTD(1)),

    -- from the scope
    scope_name      LowCardinality(String) CODEC(ZSTD(1)),
    scope_version   LowCardinality(String) CODEC(ZSTD(1)),
    scope_schema_url LowCardinality(String) CODEC(ZSTD(1)),
    scope_attrs     Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- every type in the string encoding
    scope_dropped_attrs UInt32 CODEC(ZSTD(1)),

    attrs           Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attrs_int       Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
    attrs_float     Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),

    retention_days  UInt16 CODEC(ZSTD(1)),
    batch           UInt128 CODEC(ZSTD(1)),
    seq             UInt32 CODEC(Delta(4), ZSTD(1)),                    -- place in the batch: with it, a record's identity and the order of arrival

    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,      -- the logs of a trace
    INDEX ix_words lower(body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 1, -- a rare word: 110 -> 5.5 ms, 4 B a record (schema.md)
    INDEX ix_values mapValues(attrs) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_batch batch TYPE minmax GRANULARITY 1
)
ENGINE = {{engine "MergeTree"}}
PARTITION BY (retention_days, toDate(time))
PRIMARY KEY (project, time)
ORDER BY (project, time, batch, seq)                                    -- many records share a time: they stay in the order in which they came
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS {{settings}}, merge_selector_base = 10
;
