-- 0001_spans.sql
CREATE TABLE IF NOT EXISTS `sightline`.`resources_local` ON CLUSTER `main`
(
    project         LowCardinality(String),
    id              FixedString(16),                                    -- XXH3-128 of the Resource message and its schema URL
    service         LowCardinality(String),
    service_type    LowCardinality(String),                             -- node type on the map: service, AWS::Lambda::Function, ...
    namespace       LowCardinality(String),
    env             LowCardinality(String),
    version         LowCardinality(String),
    attrs           Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attrs_int       Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
    attrs_float     Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    dropped_attrs   UInt32 CODEC(ZSTD(1)),
    schema_url      String CODEC(ZSTD(1)),
    entity_refs     String CODEC(ZSTD(1)),                              -- Resource.entity_refs, the raw repeated field
    last_seen       DateTime('UTC') CODEC(Delta(4), ZSTD(1)),           -- refreshed once a day while spans name it
    retention_days  UInt16 CODEC(ZSTD(1)),                              -- the longest class in force when written
    batch           UInt128 CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree(last_seen)
ORDER BY (project, id)
TTL last_seen + toIntervalDay(retention_days + 2)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`resources` ON CLUSTER `main` AS `sightline`.`resources_local`
ENGINE = Distributed(`main`, `sightline`, `resources_local`, cityHash64(id))
;
CREATE TABLE IF NOT EXISTS `sightline`.`spans_local` ON CLUSTER `main`
(
    project         LowCardinality(String),
    start           DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),      -- near-sorted: deltas are small
    trace_id        FixedString(16) CODEC(ZSTD(1)),
    span_id         UInt64 CODEC(NONE),                                 -- random: nothing compresses it. Big-endian reading of the 8 bytes
    parent_id       UInt64 CODEC(ZSTD(1)),                              -- 0: root
    trace_state     String CODEC(ZSTD(1)),
    flags           UInt32 CODEC(ZSTD(1)),
    name            LowCardinality(String) CODEC(ZSTD(1)),
    kind            Int32 CODEC(ZSTD(1)),                               -- as sent, also when it is no known enum value
    duration        UInt64 CODEC(T64, ZSTD(1)),                         -- ns; end = start + duration
    status          Int32 CODEC(ZSTD(1)),                               -- OTLP status code as sent
    status_message  String CODEC(ZSTD(1)),
    state           UInt8 CODEC(ZSTD(1)),                               -- 0 complete, 1 in progress
    dropped_attrs   UInt32 CODEC(ZSTD(1)),
    dropped_events  UInt32 CODEC(ZSTD(1)),
    dropped_links   UInt32 CODEC(ZSTD(1)),

    resource_id     FixedString(16) CODEC(ZSTD(1)),
    service         LowCardinality(String) CODEC(ZSTD(1)),
    service_type    LowCardinality(String) CODEC(ZSTD(1)),
    namespace       LowCardinality(String) CODEC(ZSTD(1)),
    env             LowCardinality(String) CODEC(ZSTD(1)),
    version         LowCardinality(String) CODEC(ZSTD(1)),

    scope_name      LowCardinality(String) CODEC(ZSTD(1)),
    scope_version   LowCardinality(String) CODEC(ZSTD(1)),
    scope_schema_url LowCardinality(String) CODEC(ZSTD(1)),
    scope_attrs     Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- every type in the string encoding
    scope_dropped_attrs UInt32 CODEC(ZSTD(1)),

    class           UInt8 CODEC(ZSTD(1)),                               -- 0 ok, 1 error (4xx), 2 throttle (429), 3 fault (5xx)
    peer_type       LowCardinality(String) CODEC(ZSTD(1)),              -- '': talks to nothing that can be named
    peer_name       LowCardinality(String) CODEC(ZSTD(1)),
    weight          Float64 CODEC(ZSTD(1)),                             -- how many requests this sampled span stands for; 1 unsampled

    attrs           Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attrs_int       Map(LowCardinality(String), Int64) CODEC(ZSTD(1)),
    attrs_float     Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    a_http_request_method       LowCardinality(String) CODEC(ZSTD(1)),
    a_http_route                LowCardinality(String) CODEC(ZSTD(1)),
    a_http_response_status_code UInt16 CODEC(ZSTD(1)),                  -- int 1..65535, else attrs_int
    a_messaging_system          LowCardinality(String) CODEC(ZSTD(1)),
    a_rpc_service               LowCardinality(String) CODEC(ZSTD(1)),
    a_rpc_method                LowCardinality(String) CODEC(ZSTD(1)),
    a_db_system_name            LowCardinality(String) CODEC(ZSTD(1)),
    a_db_operation_name         LowCardinality(String) CODEC(ZSTD(1)),
    a_server_address            LowCardinality(String) CODEC(ZSTD(1)),
    a_messaging_destination_name LowCardinality(String) CODEC(ZSTD(1)),
    a_error_type                LowCardinality(String) CODEC(ZSTD(1)),
    a_network_protocol_version  LowCardinality(String) CODEC(ZSTD(1)),

    ev_time         Array(DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
    ev_name         Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ev_attrs        Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    ev_dropped_attrs Array(UInt32) CODEC(ZSTD(1)),
    ln_trace_id     Array(FixedString(16)) CODEC(ZSTD(1)),
    ln_span_id      Array(UInt64) CODEC(ZSTD(1)),
    ln_trace_state  Array(String) CODEC(ZSTD(1)),
    ln_flags        Array(UInt32) CODEC(ZSTD(1)),
    ln_attrs        Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    ln_dropped_attrs Array(UInt32) CODEC(ZSTD(1)),

    retention_days  UInt16 CODEC(ZSTD(1)),
    batch           UInt128 CODEC(ZSTD(1)),

    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,      -- 0.07 B a span in time order; trace by id without a time
    INDEX ix_values mapValues(attrs) TYPE bloom_filter(0.01) GRANULARITY 1, -- a rare value: 767 -> 31 ms (schema.md)
    INDEX ix_batch batch TYPE minmax GRANULARITY 1                      -- count() by batch after an ambiguous insert
)
ENGINE = ReplicatedMergeTree
PARTITION BY (retention_days, toDate(start))
ORDER BY (project, start)                                               -- equality prefix, then time: newest-first reads few granules
TTL toDateTime(start) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000, merge_selector_base = 10                         -- not 5: fewer, wider merges. 1 M spans: 4.8-5.1 -> 2.8-3.1 µs, 5 -> 10 parts
;
CREATE TABLE IF NOT EXISTS `sightline`.`spans` ON CLUSTER `main` AS `sightline`.`spans_local`
ENGINE = Distributed(`main`, `sightline`, `spans_local`, cityHash64(trace_id))
;
CREATE TABLE IF NOT EXISTS `sightline`.`trace_index_local` ON CLUSTER `main`
(
    project         LowCardinality(String),
    trace_id        FixedString(16) CODEC(NONE),
    day             Date CODEC(ZSTD(1)),                                -- of the batch's earliest span of the trace; partition only
    min_start       SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
    max_start       SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
    root_service    SimpleAggregateFunction(max, String) CODEC(ZSTD(1)), -- '' until the root has arrived
    root_name       SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    retention_days  UInt16 CODEC(ZSTD(1)),
    batch           SimpleAggregateFunction(max, UInt128) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree
PARTITION BY (retention_days, day)
ORDER BY (project, trace_id)
TTL day + toIntervalDay(retention_days + 1)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000, index_granularity = 1024
;
CREATE TABLE IF NOT EXISTS `sightline`.`trace_index` ON CLUSTER `main` AS `sightline`.`trace_index_local`
ENGINE = Distributed(`main`, `sightline`, `trace_index_local`, cityHash64(trace_id))
;
CREATE TABLE IF NOT EXISTS `sightline`.`rollup_minutes_local` ON CLUSTER `main`
(
    project         LowCardinality(String),
    minute          DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation      UInt64 CODEC(ZSTD(1)),                              -- unix ns when the recomputation began
    spans           UInt64 CODEC(ZSTD(1)),                              -- spans of the minute that it saw
    retention_days  UInt16 CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree(generation)
PARTITION BY toMonday(minute)
ORDER BY (project, minute)
TTL minute + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`rollup_minutes` ON CLUSTER `main` AS `sightline`.`rollup_minutes_local`
ENGINE = Distributed(`main`, `sightline`, `rollup_minutes_local`, cityHash64(project, minute))
;
CREATE TABLE IF NOT EXISTS `sightline`.`red_1m_local` ON CLUSTER `main`
(
    project         LowCardinality(String),
    minute          DateTime('UTC') CODEC(Delta(4), ZSTD(1)),           -- of the span's start
    generation      UInt64 CODEC(ZSTD(1)),
    env             LowCardinality(String),
    namespace       LowCardinality(String),
    service         LowCardinality(String),
    service_type    LowCardinality(String),
    version         LowCardinality(String),
    entry           UInt8,                                              -- 1: SERVER, CONSUMER or root span; 0: the rest, operation ''
    kind            Int32,
    operation       LowCardinality(String),                             -- span name; '__overflow__' past the cap
    ok              Float64 CODEC(ZSTD(1)),
    error           Float64 CODEC(ZSTD(1)),
    throttle        Float64 CODEC(ZSTD(1)),
    fault           Float64 CODEC(ZSTD(1)),
    spans           UInt64 CODEC(ZSTD(1)),                              -- stored spans, unweighted
    duration        Float64 CODEC(ZSTD(1)),                             -- sum of weight * ns
    max_duration    UInt64 CODEC(ZSTD(1)),                              -- ns
    latency         Map(UInt16, Float64) CODEC(ZSTD(1)),                -- bucket -> weight; bucket = floor(8 * log2(max(ns, 1)))
    retention_days  UInt16 CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree(generation)
PARTITION BY toMonday(minute)
ORDER BY (project, minute, env, namespace, service, service_type, version, entry, kind, operation)
TTL minute + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`red_1m` ON CLUSTER `main` AS `sightline`.`red_1m_local`
ENGINE = Distributed(`main`, `sightline`, `red_1m_local`, cityHash64(project, minute))
;
CREATE TABLE IF NOT EXISTS `sightline`.`edges_1m_local` ON CLUSTER `main`
(
    project         LowCardinality(String),
    minute          DateTime('UTC') CODEC(Delta(4), ZSTD(1)),           -- of the span whose view the edge takes
    generation      UInt64 CODEC(ZSTD(1)),
    async           UInt8,                                              -- 1: through a queue or topic, drawn dashed
    src_kind        LowCardinality(String),                             -- client, service, inferred
    src_type        LowCardinality(String),                             -- client, service_type or peer_type
    src_env         LowCardinality(String),
    src_namespace   LowCardinality(String),
    src_name        LowCardinality(String),
    dst_kind        LowCardinality(String),                             -- service, inferred
    dst_type        LowCardinality(String),
    dst_env         LowCardinality(String),
    dst_namespace   LowCardinality(String),
    dst_name        LowCardinality(String),
    ok              Float64 CODEC(ZSTD(1)),
    error           Float64 CODEC(ZSTD(1)),
    throttle        Float64 CODEC(ZSTD(1)),
    fault           Float64 CODEC(ZSTD(1)),
    spans           UInt64 CODEC(ZSTD(1)),
    duration        Float64 CODEC(ZSTD(1)),                             -- caller's, sum of weight * ns
    latency         Map(UInt16, Float64) CODEC(ZSTD(1)),
    server_count    Float64 CODEC(ZSTD(1)),                             -- callee's own view of the same requests
    server_duration Float64 CODEC(ZSTD(1)),
    server_latency  Map(UInt16, Float64) CODEC(ZSTD(1)),
    age_count       Float64 CODEC(ZSTD(1)),                             -- async: consumer start - producer start, where both are known
    age_sum         Float64 CODEC(ZSTD(1)),                             -- sum of weight * ns
    age             Map(UInt16, Float64) CODEC(ZSTD(1)),
    retention_days  UInt16 CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree(generation)
PARTITION BY toMonday(minute)
ORDER BY (project, minute, async, src_kind, src_type, src_env, src_namespace, src_name, dst_kind, dst_type, dst_env, dst_namespace, dst_name)
TTL minute + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`edges_1m` ON CLUSTER `main` AS `sightline`.`edges_1m_local`
ENGINE = Distributed(`main`, `sightline`, `edges_1m_local`, cityHash64(project, minute))
;
-- 0002_logs.sql
CREATE TABLE IF NOT EXISTS `sightline`.`logs_local` ON CLUSTER `main`
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

    resource_id     FixedString(16) CODEC(ZSTD(1)),
    service         LowCardinality(String) CODEC(ZSTD(1)),
    namespace       LowCardinality(String) CODEC(ZSTD(1)),
    env             LowCardinality(String) CODEC(ZSTD(1)),
    version         LowCardinality(String) CODEC(ZSTD(1)),

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
ENGINE = ReplicatedMergeTree
PARTITION BY (retention_days, toDate(time))
PRIMARY KEY (project, time)
ORDER BY (project, time, batch, seq)                                    -- many records share a time: they stay in the order in which they came
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000, merge_selector_base = 10
;
CREATE TABLE IF NOT EXISTS `sightline`.`logs` ON CLUSTER `main` AS `sightline`.`logs_local`
ENGINE = Distributed(`main`, `sightline`, `logs_local`, if(trace_id = toFixedString('', 16), cityHash64(resource_id), cityHash64(trace_id)))
;
-- 0003_metrics.sql
CREATE TABLE IF NOT EXISTS `sightline`.`series_local` ON CLUSTER `main`
(
    project         LowCardinality(String),
    name            LowCardinality(String),                             -- of the metric
    id              UInt64 CODEC(ZSTD(1)),                              -- XXH3-64 of all up to attrs_float but what is said of it (storage/metrics)
    kind            UInt8 CODEC(ZSTD(1)),                               -- 1 gauge, 2 sum, 3 histogram, 4 exponential histogram, 5 summary
    temporality     Int32 CODEC(ZSTD(1)),                               -- as sent: 1 delta, 2 cumulative; 0 for gauges and summaries
    monotonic       UInt8 CODEC(ZSTD(1)),                               -- of a sum
    unit            LowCardinality(String) CODEC(ZSTD(1)),

    description     LowCardinality(String) CODEC(ZSTD(1)),
    metadata        Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- every type in the string encoding

    resource_id     FixedString(16) CODEC(ZSTD(1)),
    service         LowCardinality(String) CODEC(ZSTD(1)),
    namespace       LowCardinality(String) CODEC(ZSTD(1)),
    env             LowCardinality(String) CODEC(ZSTD(1)),
    version         LowCardinality(String) CODEC(ZSTD(1)),

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
ENGINE = ReplicatedReplacingMergeTree(last_seen)
ORDER BY (project, name, id)
TTL last_seen + toIntervalDay(retention_days + 2)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`series` ON CLUSTER `main` AS `sightline`.`series_local`
ENGINE = Distributed(`main`, `sightline`, `series_local`, cityHash64(id))
;
CREATE TABLE IF NOT EXISTS `sightline`.`points_local` ON CLUSTER `main`
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
ENGINE = ReplicatedMergeTree
PARTITION BY (retention_days, toDate(time))
ORDER BY (project, name, series, time)
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`points` ON CLUSTER `main` AS `sightline`.`points_local`
ENGINE = Distributed(`main`, `sightline`, `points_local`, cityHash64(series))
;
CREATE TABLE IF NOT EXISTS `sightline`.`distributions_local` ON CLUSTER `main`
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
ENGINE = ReplicatedMergeTree
PARTITION BY (retention_days, toDate(time))
ORDER BY (project, name, series, time)
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`distributions` ON CLUSTER `main` AS `sightline`.`distributions_local`
ENGINE = Distributed(`main`, `sightline`, `distributions_local`, cityHash64(series))
;
CREATE TABLE IF NOT EXISTS `sightline`.`exemplars_local` ON CLUSTER `main`
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
ENGINE = ReplicatedReplacingMergeTree
PARTITION BY (retention_days, toDate(time))
ORDER BY (project, name, series, time, id)
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`exemplars` ON CLUSTER `main` AS `sightline`.`exemplars_local`
ENGINE = Distributed(`main`, `sightline`, `exemplars_local`, cityHash64(series))
;
-- 0004_exceptions.sql
CREATE TABLE IF NOT EXISTS `sightline`.`exceptions_local` ON CLUSTER `main`
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
ENGINE = ReplicatedReplacingMergeTree
PARTITION BY (retention_days, toDate(start))
ORDER BY (project, start, trace_id, span_id, ordinal)
TTL toDateTime(start) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, replicated_deduplication_window = 10000
;
CREATE TABLE IF NOT EXISTS `sightline`.`exceptions` ON CLUSTER `main` AS `sightline`.`exceptions_local`
ENGINE = Distributed(`main`, `sightline`, `exceptions_local`, cityHash64(trace_id))
;
-- 0005_edge_classes.sql
ALTER TABLE `sightline`.`edges_1m_local` ON CLUSTER `main`
    ADD COLUMN IF NOT EXISTS server_ok Float64 CODEC(ZSTD(1)) AFTER server_count,
    ADD COLUMN IF NOT EXISTS server_error Float64 CODEC(ZSTD(1)) AFTER server_ok,
    ADD COLUMN IF NOT EXISTS server_throttle Float64 CODEC(ZSTD(1)) AFTER server_error,
    ADD COLUMN IF NOT EXISTS server_fault Float64 CODEC(ZSTD(1)) AFTER server_throttle
;
ALTER TABLE `sightline`.`edges_1m` ON CLUSTER `main`
    ADD COLUMN IF NOT EXISTS server_ok Float64 CODEC(ZSTD(1)) AFTER server_count,
    ADD COLUMN IF NOT EXISTS server_error Float64 CODEC(ZSTD(1)) AFTER server_ok,
    ADD COLUMN IF NOT EXISTS server_throttle Float64 CODEC(ZSTD(1)) AFTER server_error,
    ADD COLUMN IF NOT EXISTS server_fault Float64 CODEC(ZSTD(1)) AFTER server_throttle
;
