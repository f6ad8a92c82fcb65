package metrics

import (
	"encoding/binary"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// Types of columns that only metrics have.
const (
	typeInts    = "Array(UInt64)"
	typeDoubles = "Array(Float64)"
)

// seriesColumns is the one Go declaration of the series table, in the table's order; the others below likewise.
var seriesColumns = []encode.Column[*Batch, *seriesRows]{
	encode.Col("project", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunProject) }),
	encode.Col("name", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { encode.EmitIndex(w, b.names, &r.name, r.rows) }),
	encode.Col("id", "UInt64", func(w *native.Block, _ *Batch, r *seriesRows) { w.Data(r.id.Bytes()) }),
	encode.Col("kind", "UInt8", func(w *native.Block, _ *Batch, r *seriesRows) { w.Data(r.kind.Bytes()) }),
	encode.Col("temporality", "Int32", func(w *native.Block, _ *Batch, r *seriesRows) { w.Data(r.temporality.Bytes()) }),
	encode.Col("monotonic", "UInt8", func(w *native.Block, _ *Batch, r *seriesRows) { encode.EmitFixed(w, &r.monotonic, r.rows) }),
	encode.Col("unit", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { encode.EmitIndex(w, b.texts, &r.unit, r.rows) }),
	encode.Col("description", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) {
		encode.EmitIndex(w, b.texts, &r.description, r.rows)
	}),
	encode.Col("metadata", encode.TypeMap, func(w *native.Block, b *Batch, r *seriesRows) { r.metadata.Emit(w, b.Keys.Dict) }),
	encode.Col("resource_id", encode.TypeID, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitResourceIDs(w, &r.runs) }),
	encode.Col("service", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunService) }),
	encode.Col("namespace", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunNamespace) }),
	encode.Col("env", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunEnv) }),
	encode.Col("version", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunVersion) }),
	encode.Col("scope_name", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunScopeName) }),
	encode.Col("scope_version", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunScopeVersion) }),
	encode.Col("scope_schema_url", encode.TypeLC, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitRuns(w, &r.runs, encode.RunScopeURL) }),
	encode.Col("scope_attrs", encode.TypeMap, func(w *native.Block, b *Batch, r *seriesRows) { b.EmitScopeAttrs(w, &r.runs) }),
	encode.Col("scope_dropped_attrs", "UInt32", func(w *native.Block, b *Batch, r *seriesRows) { b.EmitScopeDropped(w, &r.runs) }),
	encode.Col("attrs", encode.TypeMap, func(w *native.Block, b *Batch, r *seriesRows) { r.attrs.Emit(w, b.Keys.Dict) }),
	encode.Col("attrs_int", encode.TypeMapInt, func(w *native.Block, b *Batch, r *seriesRows) { r.ints.Emit(w, b.Keys.Dict, r.rows) }),
	encode.Col("attrs_float", encode.TypeMapNum, func(w *native.Block, b *Batch, r *seriesRows) { r.floats.Emit(w, b.Keys.Dict, r.rows) }),
	encode.Col("last_seen", "DateTime('UTC')", func(w *native.Block, b *Batch, r *seriesRows) {
		r.lastSeen = r.lastSeen[:0]
		for range r.rows {
			r.lastSeen = binary.LittleEndian.AppendUint32(r.lastSeen, uint32(b.ID.Cut().Unix()))
		}
		w.Data(r.lastSeen)
	}),
	encode.Col("retention_days", "UInt16", func(w *native.Block, b *Batch, r *seriesRows) {
		r.retention = encode.AppendRetention(r.retention[:0], b.Policy.Metrics.Longest(), r.rows)
		w.Data(r.retention)
	}),
	encode.Col("batch", encode.TypeBatchID, func(w *native.Block, b *Batch, r *seriesRows) { w.Data(b.BatchIDs(r.rows)) }),
}

// rowsOf are a table's rows of points, with the partition that they are of.
type rowsOf[R any] struct {
	of  *part
	own R
}

type (
	numbers = rowsOf[*numberRows]
	dists   = rowsOf[*distRows]
	samples = rowsOf[*exemplarRows]
)

var pointColumns = []encode.Column[*Batch, numbers]{
	encode.Col("project", encode.TypeLC, func(w *native.Block, b *Batch, r numbers) {
		encode.EmitIndex(w, b.Projects, &r.own.project, r.own.rows)
	}),
	encode.Col("name", encode.TypeLC, func(w *native.Block, b *Batch, r numbers) { encode.EmitIndex(w, b.names, &r.own.name, r.own.rows) }),
	encode.Col("series", "UInt64", func(w *native.Block, _ *Batch, r numbers) { w.Data(r.own.series.Bytes()) }),
	encode.Col("time", encode.TypeTime, func(w *native.Block, _ *Batch, r numbers) { w.Data(r.own.time.Bytes()) }),
	encode.Col("time_offset", "Int64", func(w *native.Block, _ *Batch, r numbers) { encode.EmitFixed(w, &r.own.offset, r.own.rows) }),
	encode.Col("start", "UInt64", func(w *native.Block, _ *Batch, r numbers) { encode.EmitFixed(w, &r.own.start, r.own.rows) }),
	encode.Col("value", "Float64", func(w *native.Block, _ *Batch, r numbers) { w.Data(r.own.value.Bytes()) }),
	encode.Col("residue", "Int64", func(w *native.Block, _ *Batch, r numbers) { encode.EmitFixed(w, &r.own.residue, r.own.rows) }),
	encode.Col("type", "UInt8", func(w *native.Block, _ *Batch, r numbers) { w.Data(r.own.typ.Bytes()) }),
	encode.Col("flags", "UInt32", func(w *native.Block, _ *Batch, r numbers) { encode.EmitFixed(w, &r.own.flags, r.own.rows) }),
	encode.Col("retention_days", "UInt16", func(w *native.Block, _ *Batch, r numbers) { r.own.emitRetention(w, r.of, r.own.rows) }),
	encode.Col("batch", encode.TypeBatchID, func(w *native.Block, b *Batch, r numbers) { w.Data(b.BatchIDs(r.own.rows)) }),
}

var distColumns = []encode.Column[*Batch, dists]{
	encode.Col("project", encode.TypeLC, func(w *native.Block, b *Batch, r dists) { encode.EmitIndex(w, b.Projects, &r.own.project, r.own.rows) }),
	encode.Col("name", encode.TypeLC, func(w *native.Block, b *Batch, r dists) { encode.EmitIndex(w, b.names, &r.own.name, r.own.rows) }),
	encode.Col("series", "UInt64", func(w *native.Block, _ *Batch, r dists) { w.Data(r.own.series.Bytes()) }),
	encode.Col("time", encode.TypeTime, func(w *native.Block, _ *Batch, r dists) { w.Data(r.own.time.Bytes()) }),
	encode.Col("time_offset", "Int64", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.offset, r.own.rows) }),
	encode.Col("start", "UInt64", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.start, r.own.rows) }),
	encode.Col("flags", "UInt32", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.flags, r.own.rows) }),
	encode.Col("count", "UInt64", func(w *native.Block, _ *Batch, r dists) { w.Data(r.own.count.Bytes()) }),
	encode.Col("sum", "Float64", func(w *native.Block, _ *Batch, r dists) { w.Data(r.own.sum.Bytes()) }),
	encode.Col("min", "Float64", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.min, r.own.rows) }),
	encode.Col("max", "Float64", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.max, r.own.rows) }),
	encode.Col("present", "UInt8", func(w *native.Block, _ *Batch, r dists) { w.Data(r.own.present.Bytes()) }),
	encode.Col("bounds", typeDoubles, func(w *native.Block, _ *Batch, r dists) { r.own.bounds.emit(w, r.own.rows) }),
	encode.Col("counts", typeInts, func(w *native.Block, _ *Batch, r dists) { r.own.counts.emit(w, r.own.rows) }),
	encode.Col("scale", "Int32", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.scale, r.own.rows) }),
	encode.Col("zero_count", "UInt64", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.zeroCount, r.own.rows) }),
	encode.Col("zero_threshold", "Float64", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.zeroThreshold, r.own.rows) }),
	encode.Col("pos_offset", "Int32", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.posOffset, r.own.rows) }),
	encode.Col("pos_counts", typeInts, func(w *native.Block, _ *Batch, r dists) { r.own.posCounts.emit(w, r.own.rows) }),
	encode.Col("neg_offset", "Int32", func(w *native.Block, _ *Batch, r dists) { encode.EmitFixed(w, &r.own.negOffset, r.own.rows) }),
	encode.Col("neg_counts", typeInts, func(w *native.Block, _ *Batch, r dists) { r.own.negCounts.emit(w, r.own.rows) }),
	encode.Col("quantiles", typeDoubles, func(w *native.Block, _ *Batch, r dists) { r.own.quantiles.emit(w, r.own.rows) }),
	encode.Col("quantile_values", typeDoubles, func(w *native.Block, _ *Batch, r dists) { r.own.quantileValues.emit(w, r.own.rows) }),
	encode.Col("retention_days", "UInt16", func(w *native.Block, _ *Batch, r dists) { r.own.emitRetention(w, r.of, r.own.rows) }),
	encode.Col("batch", encode.TypeBatchID, func(w *native.Block, b *Batch, r dists) { w.Data(b.BatchIDs(r.own.rows)) }),
}

var exemplarColumns = []encode.Column[*Batch, samples]{
	encode.Col("project", encode.TypeLC, func(w *native.Block, b *Batch, r samples) {
		encode.EmitIndex(w, b.Projects, &r.own.project, r.own.rows)
	}),
	encode.Col("name", encode.TypeLC, func(w *native.Block, b *Batch, r samples) { encode.EmitIndex(w, b.names, &r.own.name, r.own.rows) }),
	encode.Col("series", "UInt64", func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.series.Bytes()) }),
	encode.Col("time", encode.TypeTime, func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.time.Bytes()) }),
	encode.Col("id", "UInt64", func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.id.Bytes()) }),
	encode.Col("at", "UInt64", func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.at.Bytes()) }),
	encode.Col("value", "Float64", func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.value.Bytes()) }),
	encode.Col("residue", "Int64", func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.residue.Bytes()) }),
	encode.Col("type", "UInt8", func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.typ.Bytes()) }),
	encode.Col("trace_id", encode.TypeID, func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.trace.Bytes()) }),
	encode.Col("span_id", "UInt64", func(w *native.Block, _ *Batch, r samples) { w.Data(r.own.span.Bytes()) }),
	encode.Col("attrs", encode.TypeMap, func(w *native.Block, b *Batch, r samples) { r.own.attrs.Emit(w, b.Keys.Dict) }),
	encode.Col("retention_days", "UInt16", func(w *native.Block, _ *Batch, r samples) { r.own.emitRetention(w, r.of, r.own.rows) }),
	encode.Col("batch", encode.TypeBatchID, func(w *native.Block, b *Batch, r samples) { w.Data(b.BatchIDs(r.own.rows)) }),
}

func (f *fill) emitRetention(w *native.Block, of *part, rows int) {
	f.retention = encode.AppendRetention(f.retention[:0], of.key.Retention, rows)
	w.Data(f.retention)
}

var (
	seriesNames   = encode.Names(seriesColumns)
	pointNames    = encode.Names(pointColumns)
	distNames     = encode.Names(distColumns)
	exemplarNames = encode.Names(exemplarColumns)
)
