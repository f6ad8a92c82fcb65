-- 0001: spans and everything that belongs to them.
--
-- One source for a single node and for a cluster: {{table "x"}} is the table that rows are inserted into ("x", or "x_local"
-- under a Distributed "x"), {{on_cluster}} and {{engine ...}} print what the topology needs. Statements end at a line
-- holding only ";"; every one is safe to run again.
--
-- Rules that hold for every table here:
--   * `project` leads every sort key and every read is bound to one project.
--   * `batch` is the loader's batch id (high 64 bits: cut time, ns; low 64 bits: journal id), so that a batch can be counted
--     after an ambiguous insert. It is what makes storing exactly-once; the engine's deduplication only saves work.
--   * Rows carry their own retention; (retention_days, day) partitions are dropped whole.
--   * Inserts and merges are fsynced: what the checkpoint has passed survives a power cut.
--   * Attribute values have one encoding, see storage/traces/attrs.go: strings as they are; in a string map any other type is
--     "\0" + one type letter + text, so a value that itself begins with NUL is "\0s" + value.

-- A resource is stored once and named by every span. A repeat is harmless: equal key means equal content.
CREATE TABLE IF NOT EXISTS {{table "resources"}} {{on_cluster}}
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
ENGINE = {{engine "ReplacingMergeTree" "last_seen"}}
ORDER BY (project, id)
TTL last_seen + toIntervalDay(retention_days + 2)
SETTINGS {{settings}}
;

CREATE TABLE IF NOT EXISTS {{table "spans"}} {{on_cluster}}
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

    -- from the resource, which is kept whole in `resources`
    resource_id     FixedString(16) CODEC(ZSTD(1)),
    service         LowCardinality(String) CODEC(ZSTD(1)),
    service_type    LowCardinality(String) CODEC(ZSTD(1)),
    namespace       LowCardinality(String) CODEC(ZSTD(1)),
    env             LowCardinality(String) CODEC(ZSTD(1)),
    version         LowCardinality(String) CODEC(ZSTD(1)),

    -- from the scope
    scope_name      LowCardinality(String) CODEC(ZSTD(1)),
    scope_version   LowCardinality(String) CODEC(ZSTD(1)),
    scope_schema_url LowCardinality(String) CODEC(ZSTD(1)),
    scope_attrs     Map(LowCardinality(String), String) CODEC(ZSTD(1)), -- every type in the string encoding
    scope_dropped_attrs UInt32 CODEC(ZSTD(1)),

    -- from the recogniser (storage/traces/peer)
    class           UInt8 CODEC(ZSTD(1)),                               -- 0 ok, 1 error (4xx), 2 throttle (429), 3 fault (5xx)
    peer_type       LowCardinality(String) CODEC(ZSTD(1)),              -- '': talks to nothing that can be named
    peer_name       LowCardinality(String) CODEC(ZSTD(1)),
    weight          Float64 CODEC(ZSTD(1)),                             -- how many requests this sampled span stands for; 1 unsampled

    -- attributes; a lifted key is in its column only if the column gives the value back exactly, else in its map
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
ENGINE = {{engine "MergeTree"}}
PARTITION BY (retention_days, toDate(start))
ORDER BY (project, start)                                               -- equality prefix, then time: newest-first reads few granules
TTL toDateTime(start) + toIntervalDay(retention_days)
SETTINGS {{settings}}, merge_selector_base = 10                         -- not 5: fewer, wider merges. 1 M spans: 4.8-5.1 -> 2.8-3.1 µs, 5 -> 10 parts
;

-- Where in time a trace lies, and its root. Only idempotent aggregates: inserting a batch's rows twice changes nothing.
CREATE TABLE IF NOT EXISTS {{table "trace_index"}} {{on_cluster}}
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
ENGINE = {{engine "AggregatingMergeTree"}}
PARTITION BY (retention_days, day)
ORDER BY (project, trace_id)
TTL day + toIntervalDay(retention_days + 1)
SETTINGS {{settings}}, index_granularity = 1024
;

-- Rollups are written whole, a minute of a project at a time, under a new generation, never incremented. The row here is written
-- last and publishes the generation: readers take rows of red_1m and edges_1m whose (minute, generation) is the newest published.
CREATE TABLE IF NOT EXISTS {{table "rollup_minutes"}} {{on_cluster}}
(
    project         LowCardinality(String),
    minute          DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation      UInt64 CODEC(ZSTD(1)),                              -- unix ns when the recomputation began
    spans           UInt64 CODEC(ZSTD(1)),                              -- spans of the minute that it saw
    retention_days  UInt16 CODEC(ZSTD(1))
)
ENGINE = {{engine "ReplacingMergeTree" "generation"}}
PARTITION BY toMonday(minute)
ORDER BY (project, minute)
TTL minute + toIntervalDay(retention_days)
SETTINGS {{settings}}
;

-- Rate, errors and duration of a service's operations, from complete spans. Counts are sums of weights.
CREATE TABLE IF NOT EXISTS {{table "red_1m"}} {{on_cluster}}
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
ENGINE = {{engine "ReplacingMergeTree" "generation"}}
PARTITION BY toMonday(minute)
ORDER BY (project, minute, env, namespace, service, service_type, version, entry, kind, operation)
TTL minute + toIntervalDay(retention_days)
SETTINGS {{settings}}
;

-- Connections of the service map. An edge has the caller's view; what the callee measured stands beside it.
CREATE TABLE IF NOT EXISTS {{table "edges_1m"}} {{on_cluster}}
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
ENGINE = {{engine "ReplacingMergeTree" "generation"}}
PARTITION BY toMonday(minute)
ORDER BY (project, minute, async, src_kind, src_type, src_env, src_namespace, src_name, dst_kind, dst_type, dst_env, dst_namespace, dst_name)
TTL minute + toIntervalDay(retention_days)
SETTINGS {{settings}}
;
