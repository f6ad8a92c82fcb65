package traces

import (
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// spanColumns is the one Go declaration of the spans table, in the table's order.
var spanColumns = []encode.Column[*Batch, *spanPart]{
	encode.Col("project", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunProject) }),
	encode.Col("start", encode.TypeTime, func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.start.Bytes()) }),
	encode.Col("trace_id", encode.TypeID, func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.traceID.Bytes()) }),
	encode.Col("span_id", "UInt64", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.spanID.Bytes()) }),
	encode.Col("parent_id", "UInt64", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.parentID.Bytes()) }),
	encode.Col("trace_state", "String", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitStrings(w, &p.traceState, p.rows) }),
	encode.Col("flags", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitFixed(w, &p.flags, p.rows) }),
	encode.Col("name", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { encode.EmitIndex(w, b.names, &p.name, p.rows) }),
	encode.Col("kind", "Int32", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.kind.Bytes()) }),
	encode.Col("duration", "UInt64", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.duration.Bytes()) }),
	encode.Col("status", "Int32", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitFixed(w, &p.status, p.rows) }),
	encode.Col("status_message", "String", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitStrings(w, &p.message, p.rows) }),
	encode.Col("state", "UInt8", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitFixed(w, &p.state, p.rows) }),
	encode.Col("dropped_attrs", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitFixed(w, &p.droppedAttrs, p.rows) }),
	encode.Col("dropped_events", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitFixed(w, &p.droppedEvents, p.rows) }),
	encode.Col("dropped_links", "UInt32", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitFixed(w, &p.droppedLinks, p.rows) }),

	encode.Col("resource_id", encode.TypeID, func(w *native.Block, b *Batch, p *spanPart) { b.EmitResourceIDs(w, &p.runs) }),
	encode.Col("service", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunService) }),
	encode.Col("service_type", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunServiceType) }),
	encode.Col("namespace", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunNamespace) }),
	encode.Col("env", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunEnv) }),
	encode.Col("version", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunVersion) }),

	encode.Col("scope_name", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunScopeName) }),
	encode.Col("scope_version", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunScopeVersion) }),
	encode.Col("scope_schema_url", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { b.EmitRuns(w, &p.runs, encode.RunScopeURL) }),
	encode.Col("scope_attrs", encode.TypeMap, func(w *native.Block, b *Batch, p *spanPart) { b.EmitScopeAttrs(w, &p.runs) }),
	encode.Col("scope_dropped_attrs", "UInt32", func(w *native.Block, b *Batch, p *spanPart) { b.EmitScopeDropped(w, &p.runs) }),

	encode.Col("class", "UInt8", func(w *native.Block, _ *Batch, p *spanPart) { w.Data(p.class.Bytes()) }),
	encode.Col("peer_type", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { encode.EmitIndex(w, b.peerTypes, &p.peerType, p.rows) }),
	encode.Col("peer_name", encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) { encode.EmitIndex(w, b.peerNames, &p.peerName, p.rows) }),
	encode.Col("weight", "Float64", func(w *native.Block, _ *Batch, p *spanPart) {
		p.weight.Fill64(oneWeight, p.rows)
		w.Data(p.weight.Bytes())
	}),

	encode.Col("attrs", encode.TypeMap, func(w *native.Block, b *Batch, p *spanPart) { p.attrs.Emit(w, b.Keys.Dict) }),
	encode.Col("attrs_int", encode.TypeMapInt, func(w *native.Block, b *Batch, p *spanPart) { p.ints.Emit(w, b.Keys.Dict, p.rows) }),
	encode.Col("attrs_float", encode.TypeMapNum, func(w *native.Block, b *Batch, p *spanPart) { p.floats.Emit(w, b.Keys.Dict, p.rows) }),
	lifted(liftMethod),
	lifted(liftRoute),
	encode.Col("a_http_response_status_code", "UInt16", func(w *native.Block, _ *Batch, p *spanPart) { encode.EmitFixed(w, &p.httpStatus, p.rows) }),
	lifted(liftMsgSystem),
	lifted(liftRPCService),
	lifted(liftRPCMethod),
	lifted(liftDBSystem),
	lifted(liftDBOperation),
	lifted(liftServerAddress),
	lifted(liftMsgDestination),
	lifted(liftErrorType),
	lifted(liftProtocolVersion),

	encode.Col("ev_time", "Array("+encode.TypeTime+")", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.events.Bytes())
		w.Data(p.evTime.Bytes())
	}),
	encode.Col("ev_name", "Array("+encode.TypeLC+")", func(w *native.Block, b *Batch, p *spanPart) {
		w.LowCardinalityVersion()
		w.Data(p.events.Bytes())
		w.LowCardinality(b.evNames, &p.evName)
	}),
	encode.Col("ev_attrs", encode.TypeMaps, func(w *native.Block, b *Batch, p *spanPart) { p.evAttrs.EmitIn(w, b.Keys.Dict, &p.events) }),
	encode.Col("ev_dropped_attrs", "Array(UInt32)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.events.Bytes())
		w.Data(p.evDropped.Bytes())
	}),
	encode.Col("ln_trace_id", "Array("+encode.TypeID+")", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnTraceID.Bytes())
	}),
	encode.Col("ln_span_id", "Array(UInt64)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnSpanID.Bytes())
	}),
	encode.Col("ln_trace_state", "Array(String)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnState.Bytes())
	}),
	encode.Col("ln_flags", "Array(UInt32)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnFlags.Bytes())
	}),
	encode.Col("ln_attrs", encode.TypeMaps, func(w *native.Block, b *Batch, p *spanPart) { p.lnAttrs.EmitIn(w, b.Keys.Dict, &p.links) }),
	encode.Col("ln_dropped_attrs", "Array(UInt32)", func(w *native.Block, _ *Batch, p *spanPart) {
		w.Data(p.links.Bytes())
		w.Data(p.lnDropped.Bytes())
	}),

	encode.Col("retention_days", "UInt16", func(w *native.Block, _ *Batch, p *spanPart) {
		p.retentionFill = encode.AppendRetention(p.retentionFill[:0], p.key.Retention, p.rows)
		w.Data(p.retentionFill)
	}),
	encode.Col("batch", encode.TypeBatchID, func(w *native.Block, b *Batch, p *spanPart) { w.Data(b.BatchIDs(p.rows)) }),
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

func lifted(i int) encode.Column[*Batch, *spanPart] {
	return encode.Col(liftedNames[i], encode.TypeLC, func(w *native.Block, b *Batch, p *spanPart) {
		encode.EmitIndex(w, b.lifted[i], &p.lifted[i], p.rows)
	})
}

// indexColumns is the Go declaration of the trace_index table.
var indexColumns = []encode.Column[*Batch, *indexRows]{
	encode.Col("project", encode.TypeLC, func(w *native.Block, b *Batch, r *indexRows) { encode.EmitIndex(w, b.Projects, &r.project, r.rows) }),
	encode.Col("trace_id", encode.TypeID, func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.traceID.Bytes()) }),
	encode.Col("day", "Date", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.day.Bytes()) }),
	encode.Col("min_start", "SimpleAggregateFunction(min, "+encode.TypeTime+")", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.minStart.Bytes()) }),
	encode.Col("max_start", "SimpleAggregateFunction(max, "+encode.TypeTime+")", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.maxStart.Bytes()) }),
	encode.Col("root_service", "SimpleAggregateFunction(max, String)", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.rootService.Bytes()) }),
	encode.Col("root_name", "SimpleAggregateFunction(max, String)", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.rootName.Bytes()) }),
	encode.Col("retention_days", "UInt16", func(w *native.Block, _ *Batch, r *indexRows) { w.Data(r.retention.Bytes()) }),
	encode.Col("batch", "SimpleAggregateFunction(max, "+encode.TypeBatchID+")", func(w *native.Block, b *Batch, r *indexRows) { w.Data(b.BatchIDs(r.rows)) }),
}

var (
	spanNames  = encode.Names(spanColumns)
	indexNames = encode.Names(indexColumns)
)
