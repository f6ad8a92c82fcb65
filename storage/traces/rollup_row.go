package traces

// The columns of the rollup tables as they are written; project, generation and retention stand in every one.

// minuteRow is a row of rollup_minutes.
type minuteRow struct {
	Minute uint32 // unix seconds
	Spans  uint64
}

var minuteColumns = []rollupColumn[minuteRow]{
	uintColumn("minute", func(r *minuteRow) uint64 { return uint64(r.Minute) }),
	uintColumn("spans", func(r *minuteRow) uint64 { return r.Spans }),
}

var redColumns = []rollupColumn[redRow]{
	uintColumn("minute", func(r *redRow) uint64 { return uint64(r.Minute) }),
	textColumn("env", func(r *redRow) string { return r.Env }),
	textColumn("namespace", func(r *redRow) string { return r.Namespace }),
	textColumn("service", func(r *redRow) string { return r.Service }),
	textColumn("service_type", func(r *redRow) string { return r.ServiceType }),
	textColumn("version", func(r *redRow) string { return r.Version }),
	uintColumn("entry", func(r *redRow) uint64 { return uint64(r.Entry) }),
	uintColumn("kind", func(r *redRow) uint64 { return uint64(uint32(r.Kind)) }), // wraps back to Int32
	textColumn("operation", func(r *redRow) string { return r.Operation }),
	floatColumn("ok", func(r *redRow) float64 { return r.OK }),
	floatColumn("error", func(r *redRow) float64 { return r.Error }),
	floatColumn("throttle", func(r *redRow) float64 { return r.Throttle }),
	floatColumn("fault", func(r *redRow) float64 { return r.Fault }),
	uintColumn("spans", func(r *redRow) uint64 { return r.Spans }),
	floatColumn("duration", func(r *redRow) float64 { return r.Total }),
	uintColumn("max_duration", func(r *redRow) uint64 { return r.Max }),
	latencyColumn("latency", func(r *redRow) map[uint16]float64 { return r.Latency }),
}

var edgeColumns = []rollupColumn[edgeRow]{
	uintColumn("minute", func(r *edgeRow) uint64 { return uint64(r.Minute) }),
	uintColumn("async", func(r *edgeRow) uint64 {
		if r.Async {
			return 1
		}
		return 0
	}),
	textColumn("src_kind", func(r *edgeRow) string { return r.Src.Kind }),
	textColumn("src_type", func(r *edgeRow) string { return r.Src.Type }),
	textColumn("src_env", func(r *edgeRow) string { return r.Src.Env }),
	textColumn("src_namespace", func(r *edgeRow) string { return r.Src.Namespace }),
	textColumn("src_name", func(r *edgeRow) string { return r.Src.Name }),
	textColumn("dst_kind", func(r *edgeRow) string { return r.Dst.Kind }),
	textColumn("dst_type", func(r *edgeRow) string { return r.Dst.Type }),
	textColumn("dst_env", func(r *edgeRow) string { return r.Dst.Env }),
	textColumn("dst_namespace", func(r *edgeRow) string { return r.Dst.Namespace }),
	textColumn("dst_name", func(r *edgeRow) string { return r.Dst.Name }),
	floatColumn("ok", func(r *edgeRow) float64 { return r.OK }),
	floatColumn("error", func(r *edgeRow) float64 { return r.Error }),
	floatColumn("throttle", func(r *edgeRow) float64 { return r.Throttle }),
	floatColumn("fault", func(r *edgeRow) float64 { return r.Fault }),
	uintColumn("spans", func(r *edgeRow) uint64 { return r.Spans }),
	floatColumn("duration", func(r *edgeRow) float64 { return r.Duration }),
	latencyColumn("latency", func(r *edgeRow) map[uint16]float64 { return r.Latency }),
	floatColumn("server_count", func(r *edgeRow) float64 { return r.Server.Requests() }),
	floatColumn("server_ok", func(r *edgeRow) float64 { return r.Server.OK }),
	floatColumn("server_error", func(r *edgeRow) float64 { return r.Server.Error }),
	floatColumn("server_throttle", func(r *edgeRow) float64 { return r.Server.Throttle }),
	floatColumn("server_fault", func(r *edgeRow) float64 { return r.Server.Fault }),
	floatColumn("server_duration", func(r *edgeRow) float64 { return r.Server.Duration }),
	latencyColumn("server_latency", func(r *edgeRow) map[uint16]float64 { return r.Server.Latency }),
	floatColumn("age_count", func(r *edgeRow) float64 { return r.Age.OK }),
	floatColumn("age_sum", func(r *edgeRow) float64 { return r.Age.Duration }),
	latencyColumn("age", func(r *edgeRow) map[uint16]float64 { return r.Age.Latency }),
}
