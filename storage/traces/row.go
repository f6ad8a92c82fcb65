package traces

import "github.com/sightline/sightline/storage/conn/native"

// column is a table's column as the writer sends it, out of rows of type R. A test compares these lists with the tables of a
// migrated database.
type column[R any] struct {
	name, typ string
	emit      func(w *native.Block, b *Batch, p R)
}

const (
	typeLC      = native.LowCardinalityString
	typeMap     = native.MapStringString
	typeMapInt  = "Map(LowCardinality(String), Int64)"
	typeMapNum  = "Map(LowCardinality(String), Float64)"
	typeTime    = "DateTime64(9, 'UTC')"
	typeID      = "FixedString(16)"
	typeMaps    = "Array(Map(LowCardinality(String), String))"
	typeBatchID = "UInt128"
)

// spanColumns is the one Go declaration of the spans table, in the table's order.
var spanColumns = []column[*spanPart]{
	{"project", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.projects, runProject) }},
	{"start", typeTime, func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.start.Bytes()) }},
	{"trace_id", typeID, func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.traceID.Bytes()) }},
	{"span_id", "UInt64", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.spanID.Bytes()) }},
	{"parent_id", "UInt64", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.parentID.Bytes()) }},
	{"trace_state", "String", func(w *native.Block, _ *Batch, p *spanPart) { emitStrings(w, &p.traceState, p.rows) }},
	{"flags", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { emitFixed(w, &p.flags, p.rows) }},
	{"name", typeLC, func(w *native.Block, b *Batch, p *spanPart) { emitIndex(w, b.names, &p.name, p.rows) }},
	{"kind", "Int32", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.kind.Bytes()) }},
	{"duration", "UInt64", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.duration.Bytes()) }},
	{"status", "Int32", func(w *native.Block, _ *Batch, p *spanPart) { emitFixed(w, &p.status, p.rows) }},
	{"status_message", "String", func(w *native.Block, _ *Batch, p *spanPart) { emitStrings(w, &p.message, p.rows) }},
	{"state", "UInt8", func(w *native.Block, _ *Batch, p *spanPart) { emitFixed(w, &p.state, p.rows) }},
	{"dropped_attrs", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { emitFixed(w, &p.droppedAttrs, p.rows) }},
	{"dropped_events", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { emitFixed(w, &p.droppedEvents, p.rows) }},
	{"dropped_links", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { emitFixed(w, &p.droppedLinks, p.rows) }},

	{"resource_id", typeID, func(w *native.Block, b *Batch, p *spanPart) { b.emitResourceIDs(w, p) }},
	{"service", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.services, runService) }},
	{"service_type", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.services, runServiceType) }},
	{"namespace", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.services, runNamespace) }},
	{"env", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.services, runEnv) }},
	{"version", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.services, runVersion) }},

	{"scope_name", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.scopeTexts, runScopeName) }},
	{"scope_version", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.scopeTexts, runScopeVersion) }},
	{"scope_schema_url", typeLC, func(w *native.Block, b *Batch, p *spanPart) { b.emitRuns(w, p, b.scopeTexts, runScopeURL) }},
	{"scope_attrs", typeMap, func(w *native.Block, b *Batch, p *spanPart) { b.emitScopeAttrs(w, p) }},
	{"scope_dropped_attrs", "UInt32", func(w *native.Block, b *Batch, p *spanPart) { b.emitScopeDropped(w, p) }},

	{"class", "UInt8", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.class.Bytes()) }},
	{"peer_type", typeLC, func(w *native.Block, b *Batch, p *spanPart) { emitIndex(w, b.peerTypes, &p.peerType, p.rows) }},
	{"peer_name", typeLC, func(w *native.Block, b *Batch, p *spanPart) { emitIndex(w, b.peerNames, &p.peerName, p.rows) }},
	{"weight", "Float64", func(w *native.Block, _ *Batch, p *spanPart) {
		p.weight.Fill64(oneWeight, p.rows)
		w.Data(p.weight.Bytes())
	}},

	{"attrs", typeMap, func(w *native.Block, b *Batch, p *spanPart) { p.attrs.emit(w, b.keys.dict) }},
	{"attrs_int", typeMapInt, func(w *native.Block, b *Batch, p *spanPart) { p.ints.emit(w, b.keys.dict, p.rows) }},
	{"attrs_float", typeMapNum, func(w *native.Block, b *Batch, p *spanPart) { p.floats.emit(w, b.keys.dict, p.rows) }},
	lifted(liftMethod),
	lifted(liftRoute),
	{"a_http_response_status_code", "UInt16", func(w *native.Block, _ *Batch, p *spanPart) { emitFixed(w, &p.httpStatus, p.rows) }},
	lifted(liftMsgSystem),
	lifted(liftRPCService),
	lifted(liftRPCMethod),
	lifted(liftDBSystem),
	lifted(liftDBOperation),
	lifted(liftServerAddress),
	lifted(liftMsgDestination),
	lifted(liftErrorType),
	lifted(liftProtocolVersion),

	{"ev_time", "Array(" + typeTime + ")", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.events.Bytes())
		w.Data(p.evTime.Bytes())
	}},
	{"ev_name", "Array(" + typeLC + ")", func(w *native.Block, b *Batch, p *spanPart) {
		w.LowCardinalityVersion()
		w.Data(p.events.Bytes())
		w.LowCardinality(b.evNames, &p.evName)
	}},
	{"ev_attrs", typeMaps, func(w *native.Block, b *Batch, p *spanPart) { p.evAttrs.emitIn(w, b.keys.dict, &p.events) }},
	{"ev_dropped_attrs", "Array(UInt32)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.events.Bytes())
		w.Data(p.evDropped.Bytes())
	}},
	{"ln_trace_id", "Array(" + typeID + ")", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnTraceID.Bytes())
	}},
	{"ln_span_id", "Array(UInt64)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnSpanID.Bytes())
	}},
	{"ln_trace_state", "Array(String)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnState.Bytes())
	}},
	{"ln_flags", "Array(UInt32)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnFlags.Bytes())
	}},
	{"ln_attrs", typeMaps, func(w *native.Block, b *Batch, p *spanPart) { p.lnAttrs.emitIn(w, b.keys.dict, &p.links) }},
	{"ln_dropped_attrs", "Array(UInt32)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnDropped.Bytes())
	}},

	{"retention_days", "UInt16", func(w *native.Block, b *Batch, p *spanPart) { b.emitRetention(w, p) }},
	{"batch", typeBatchID, func(w *native.Block, b *Batch, p *spanPart) { w.Data(b.batchIDs(p.rows)) }},
}

// Lifted attributes: those that have columns of their own. The status code is the only number among them.
const (
	liftNone = iota
	liftMethod
	liftRoute
	liftMsgSystem
	liftRPCService
	liftRPCMethod
	liftDBSystem
	liftDBOperation
	liftServerAddress
	liftMsgDestination
	liftErrorType
	liftProtocolVersion
	liftTexts // how many: those above are strings

	liftHTTPStatus = liftTexts
)

// liftedKeys are the keys of the lifted attributes; the column of a key is "a_" and the key with underscores for dots.
var liftedKeys = map[string]uint8{
	"http.request.method":        liftMethod,
	"http.route":                 liftRoute,
	"http.response.status_code":  liftHTTPStatus,
	"messaging.system":           liftMsgSystem,
	"rpc.service":                liftRPCService,
	"rpc.method":                 liftRPCMethod,
	"db.system.name":             liftDBSystem,
	"db.operation.name":          liftDBOperation,
	"server.address":             liftServerAddress,
	"messaging.destination.name": liftMsgDestination,
	"error.type":                 liftErrorType,
	"network.protocol.version":   liftProtocolVersion,
}

// liftedNames are the columns of the lifted strings.
var liftedNames = [liftTexts]string{
	liftMethod:          "a_http_request_method",
	liftRoute:           "a_http_route",
	liftMsgSystem:       "a_messaging_system",
	liftRPCService:      "a_rpc_service",
	liftRPCMethod:       "a_rpc_method",
	liftDBSystem:        "a_db_system_name",
	liftDBOperation:     "a_db_operation_name",
	liftServerAddress:   "a_server_address",
	liftMsgDestination:  "a_messaging_destination_name",
	liftErrorType:       "a_error_type",
	liftProtocolVersion: "a_network_protocol_version",
}

// liftedKeyOf is liftedKeys turned round.
var liftedKeyOf = func() (keys [liftTexts + 1]string) {
	for key, i := range liftedKeys {
		keys[i] = key
	}
	return keys
}()

func lifted(i int) column[*spanPart] {
	return column[*spanPart]{liftedNames[i], typeLC, func(w *native.Block, b *Batch, p *spanPart) {
		emitIndex(w, b.lifted[i], &p.lifted[i], p.rows)
	}}
}

// resourceColumns is the Go declaration of the resources table.
var resourceColumns = []column[*resourceRows]{
	{"project", typeLC, func(w *native.Block, b *Batch, r *resourceRows) { emitIndex(w, b.projects, &r.project, r.rows) }},
	{"id", typeID, func(w *native.Block, _ *Batch, r *resourceRows) { w.Data(r.id.Bytes()) }},
	{"service", typeLC, func(w *native.Block, b *Batch, r *resourceRows) {
		emitIndex(w, b.services, &r.texts[runService], r.rows)
	}},
	{"service_type", typeLC, func(w *native.Block, b *Batch, r *resourceRows) {
		emitIndex(w, b.services, &r.texts[runServiceType], r.rows)
	}},
	{"namespace", typeLC, func(w *native.Block, b *Batch, r *resourceRows) {
		emitIndex(w, b.services, &r.texts[runNamespace], r.rows)
	}},
	{"env", typeLC, func(w *native.Block, b *Batch, r *resourceRows) { emitIndex(w, b.services, &r.texts[runEnv], r.rows) }},
	{"version", typeLC, func(w *native.Block, b *Batch, r *resourceRows) {
		emitIndex(w, b.services, &r.texts[runVersion], r.rows)
	}},
	{"attrs", typeMap, func(w *native.Block, b *Batch, r *resourceRows) { r.attrs.emit(w, b.keys.dict) }},
	{"attrs_int", typeMapInt, func(w *native.Block, b *Batch, r *resourceRows) { r.ints.emit(w, b.keys.dict, r.rows) }},
	{"attrs_float", typeMapNum, func(w *native.Block, b *Batch, r *resourceRows) { r.floats.emit(w, b.keys.dict, r.rows) }},
	{"dropped_attrs", "UInt32", func(w *native.Block, _ *Batch, r *resourceRows) { w.Data(r.dropped.Bytes()) }},
	{"schema_url", "String", func(w *native.Block, _ *Batch, r *resourceRows) { w.Data(r.schemaURL.Bytes()) }},
	{"entity_refs", "String", func(w *native.Block, _ *Batch, r *resourceRows) { w.Data(r.entityRefs.Bytes()) }},
	{"last_seen", "DateTime('UTC')", func(w *native.Block, _ *Batch, r *resourceRows) { w.Data(r.lastSeen.Bytes()) }},
	{"retention_days", "UInt16", func(w *native.Block, _ *Batch, r *resourceRows) { w.Data(r.retention.Bytes()) }},
	{"batch", typeBatchID, func(w *native.Block, b *Batch, r *resourceRows) { w.Data(b.batchIDs(r.rows)) }},
}

// indexColumns is the Go declaration of the trace_index table.
var indexColumns = []column[*indexRows]{
	{"project", typeLC, func(w *native.Block, b *Batch, r *indexRows) { emitIndex(w, b.projects, &r.project, r.rows) }},
	{"trace_id", typeID, func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.traceID.Bytes()) }},
	{"day", "Date", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.day.Bytes()) }},
	{"min_start", "SimpleAggregateFunction(min, " + typeTime + ")", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.minStart.Bytes()) }},
	{"max_start", "SimpleAggregateFunction(max, " + typeTime + ")", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.maxStart.Bytes()) }},
	{"root_service", "SimpleAggregateFunction(max, String)", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.rootService.Bytes()) }},
	{"root_name", "SimpleAggregateFunction(max, String)", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.rootName.Bytes()) }},
	{"retention_days", "UInt16", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.retention.Bytes()) }},
	{"batch", "SimpleAggregateFunction(max, " + typeBatchID + ")", func(w *native.Block, b *Batch, r *indexRows) { w.Data(b.batchIDs(r.rows)) }},
}

func columnNames[R any](columns []column[R]) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

var (
	spanNames     = columnNames(spanColumns)
	resourceNames = columnNames(resourceColumns)
	indexNames    = columnNames(indexColumns)
)
