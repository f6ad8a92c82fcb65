-- 0003: metrics. The rules of 0001 hold here too.
--
-- A series is what a metric says of one list of attributes: all that names it is in its identity, and its points carry nothing of it
-- but its id. A series' points lie together, by metric: that is what queries read.
--
-- What OTLP sends and a column holds only in part:
--   * time_unix_nano: `time` is what a clock can have meant, else when the point was received; time + time_offset modulo 2^64 is what
--     was sent, 0 where nothing was.
--   * a number: `value` is what it counts as, whatever its type. `type` says what was sent. Of an integer, residue is what is missing
--     to it (modulo 2^64), other than 0 only beyond 2^53. A point without a value, by its flags or because none was sent, has
--     Prometheus's stale marker (NaN 0x7ff0000000000002) as value, and as residue the 64 bits that were sent nevertheless.
CREATE TABLE IF NOT EXISTS {{table "series"}} {{on_cluster}}
(
    project         LowCardinality(String),
    name            LowCardinality(String),                             -- of the metric
    id              UInt64 CODEC(ZSTD(1)),                              -- XXH3-64 of all up to attrs_float but what is said of it (storage/metrics)
    kind            UInt8 CODEC(ZSTD(1)),                               -- 1 gauge, 2 sum, 3 histogram, 4 exponential histogram, 5 summary
    temporality     Int32 CODEC(ZSTD(1)),                               -- as sent: 1 delta, 2 cumulative; 0 for gauges and summaries
    monotonic       UInt8 CODEC(ZSTD(1)),                               -- of a sum
    unit            LowCardinality(String) CODEC(ZSTD(1)),

    -- said of it, not identifying: as last sent
    description     LowCardinality(String) CODEC(ZSTD(1)),
    metadata        Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- every type in the string encoding

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
    scope_attrs     Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    scope_dropped_attrs UInt32 CODEC(ZSTD(1)),

    attrs           Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attrs_int       Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
    attrs_float     Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),

    last_seen       DateTime('UTC') CODEC(Delta(4), ZSTD(1)),           -- refreshed once a day while it has points
    retention_days  UInt16 CODEC(ZSTD(1)),                              -- the longest class in force when written
    batch           UInt128 CODEC(ZSTD(1))
)
ENGINE = {{engine "ReplacingMergeTree" "last_seen"}}
ORDER BY (project, name, id)
TTL last_seen + toIntervalDay(retention_days + 2)
SETTINGS {{settings}}
;

-- Points of gauges and sums.
CREATE TABLE IF NOT EXISTS {{table "points"}} {{on_cluster}}
(
    project         LowCardinality(String),
    name            LowCardinality(String) CODEC(ZSTD(1)),
    series          UInt64 CODEC(ZSTD(1)),                              -- series.id
    time            DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    time_offset     Int64 CODEC(T64, ZSTD(1)),                          -- ns
    start           UInt64 CODEC(Delta(8), ZSTD(1)),                    -- start_time_unix_nano as sent, 0: none
    value           Float64 CODEC(ZSTD(1)),
    residue         Int64 CODEC(T64, ZSTD(1)),
    type            UInt8 CODEC(ZSTD(1)),                               -- 0 none sent, 1 double, 2 integer
    flags           UInt32 CODEC(ZSTD(1)),                              -- as sent; bit 0: no recorded value
    retention_days  UInt16 CODEC(ZSTD(1)),
    batch           UInt128 CODEC(ZSTD(1)),                             -- of two points of one time the later batch's counts

    INDEX ix_batch batch TYPE minmax GRANULARITY 1                      -- ids grow with time: a new batch is in new parts only
)
ENGINE = {{engine "MergeTree"}}
PARTITION BY (retention_days, toDate(time))
ORDER BY (project, name, series, time)
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS {{settings}}
;

-- Points of histograms, exponential histograms and summaries. What a kind does not have is empty.
CREATE TABLE IF NOT EXISTS {{table "distributions"}} {{on_cluster}}
(
    project         LowCardinality(String),
    name            LowCardinality(String) CODEC(ZSTD(1)),
    series          UInt64 CODEC(ZSTD(1)),
    time            DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    time_offset     Int64 CODEC(T64, ZSTD(1)),
    start           UInt64 CODEC(Delta(8), ZSTD(1)),
    flags           UInt32 CODEC(ZSTD(1)),
    count           UInt64 CODEC(T64, ZSTD(1)),
    sum             Float64 CODEC(ZSTD(1)),
    min             Float64 CODEC(ZSTD(1)),
    max             Float64 CODEC(ZSTD(1)),
    present         UInt8 CODEC(ZSTD(1)),                               -- bits: 1 sum, 2 min, 4 max were sent; a summary always has its sum
    bounds          Array(Float64) CODEC(ZSTD(1)),                      -- of a histogram
    counts          Array(UInt64) CODEC(T64, ZSTD(1)),                  -- one more than bounds, or none; not cumulated
    scale           Int32 CODEC(ZSTD(1)),                               -- of an exponential histogram
    zero_count      UInt64 CODEC(T64, ZSTD(1)),
    zero_threshold  Float64 CODEC(ZSTD(1)),
    pos_offset      Int32 CODEC(ZSTD(1)),
    pos_counts      Array(UInt64) CODEC(T64, ZSTD(1)),
    neg_offset      Int32 CODEC(ZSTD(1)),
    neg_counts      Array(UInt64) CODEC(T64, ZSTD(1)),
    quantiles       Array(Float64) CODEC(ZSTD(1)),                      -- of a summary
    quantile_values Array(Float64) CODEC(ZSTD(1)),
    retention_days  UInt16 CODEC(ZSTD(1)),
    batch           UInt128 CODEC(ZSTD(1)),

    INDEX ix_batch batch TYPE minmax GRANULARITY 1
)
ENGINE = {{engine "MergeTree"}}
PARTITION BY (retention_days, toDate(time))
ORDER BY (project, name, series, time)
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS {{settings}}
;

-- Exemplars of points of any kind: few, and read by themselves. A repeat is harmless: the id is of the content.
CREATE TABLE IF NOT EXISTS {{table "exemplars"}} {{on_cluster}}
(
    project         LowCardinality(String),
    name            LowCardinality(String) CODEC(ZSTD(1)),
    series          UInt64 CODEC(ZSTD(1)),
    time            DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),      -- of its point
    id              UInt64 CODEC(NONE),                                 -- XXH3-64 of its bytes and its place in the point
    at              UInt64 CODEC(Delta(8), ZSTD(1)),                    -- its own time_unix_nano, as sent
    value           Float64 CODEC(ZSTD(1)),                             -- value, residue, type: as in points
    residue         Int64 CODEC(T64, ZSTD(1)),
    type            UInt8 CODEC(ZSTD(1)),
    trace_id        FixedString(16) CODEC(ZSTD(1)),                     -- zeros: none
    span_id         UInt64 CODEC(ZSTD(1)),                              -- 0: none
    attrs           Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- filtered_attributes; every type in the string encoding
    retention_days  UInt16 CODEC(ZSTD(1)),
    batch           UInt128 CODEC(ZSTD(1)),

    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine "ReplacingMergeTree"}}
PARTITION BY (retention_days, toDate(time))
ORDER BY (project, name, series, time, id)
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS {{settings}}
;
