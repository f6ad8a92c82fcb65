package logs

import (
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// col, fixed and run shorten the table's declaration: a column of numbers, and one that all records of a resource and scope share.
func col(name, typ string, emit func(w *native.Block, b *Batch, p *recordPart)) encode.Column[*Batch, *recordPart] {
	return encode.Col(name, typ, emit)
}

func fixed(name, typ string, of func(p *recordPart) *native.Fixed) encode.Column[*Batch, *recordPart] {
	return col(name, typ, func(w *native.Block, _ *Batch, p *recordPart) { encode.EmitFixed(w, of(p), p.rows) })
}

func run(name string, text int) encode.Column[*Batch, *recordPart] {
	return col(name, encode.TypeLC, func(w *native.Block, b *Batch, p *recordPart) { b.EmitRuns(w, &p.runs, text) })
}

// recordColumns is the one Go declaration of the logs table, in the table's order.
var recordColumns = []encode.Column[*Batch, *recordPart]{
	run("project", encode.RunProject),
	fixed("time", encode.TypeTime, func(p *recordPart) *native.Fixed { return &p.time }),
	fixed("sent", "UInt8", func(p *recordPart) *native.Fixed { return &p.sent }),
	fixed("time_offset", "Int64", func(p *recordPart) *native.Fixed { return &p.timeOffset }),
	fixed("observed_offset", "Int64", func(p *recordPart) *native.Fixed { return &p.observedOffset }),
	fixed("trace_id", encode.TypeID, func(p *recordPart) *native.Fixed { return &p.traceID }),
	fixed("span_id", "UInt64", func(p *recordPart) *native.Fixed { return &p.spanID }),
	fixed("flags", "UInt32", func(p *recordPart) *native.Fixed { return &p.flags }),
	fixed("severity", "Int32", func(p *recordPart) *native.Fixed { return &p.severity }),
	col("severity_text", encode.TypeLC, func(w *native.Block, b *Batch, p *recordPart) {
		encode.EmitIndex(w, b.severities, &p.severityText, p.rows)
	}),
	col("event_name", encode.TypeLC, func(w *native.Block, b *Batch, p *recordPart) {
		encode.EmitIndex(w, b.eventNames, &p.eventName, p.rows)
	}),
	col("body", "String", func(w *native.Block, _ *Batch, p *recordPart) { w.Data(p.body.Bytes()) }),
	fixed("dropped_attrs", "UInt32", func(p *recordPart) *native.Fixed { return &p.droppedAttrs }),

	col("resource_id", encode.TypeID, func(w *native.Block, b *Batch, p *recordPart) { b.EmitResourceIDs(w, &p.runs) }),
	run("service", encode.RunService),
	run("namespace", encode.RunNamespace),
	run("env", encode.RunEnv),
	run("version", encode.RunVersion),

	run("scope_name", encode.RunScopeName),
	run("scope_version", encode.RunScopeVersion),
	run("scope_schema_url", encode.RunScopeURL),
	col("scope_attrs", encode.TypeMap, func(w *native.Block, b *Batch, p *recordPart) { b.EmitScopeAttrs(w, &p.runs) }),
	col("scope_dropped_attrs", "UInt32", func(w *native.Block, b *Batch, p *recordPart) { b.EmitScopeDropped(w, &p.runs) }),

	col("attrs", encode.TypeMap, func(w *native.Block, b *Batch, p *recordPart) { p.attrs.Emit(w, b.Keys.Dict) }),
	col("attrs_int", encode.TypeMapInt, func(w *native.Block, b *Batch, p *recordPart) { p.ints.Emit(w, b.Keys.Dict, p.rows) }),
	col("attrs_float", encode.TypeMapNum, func(w *native.Block, b *Batch, p *recordPart) { p.floats.Emit(w, b.Keys.Dict, p.rows) }),

	col("retention_days", "UInt16", func(w *native.Block, _ *Batch, p *recordPart) {
		p.retentionFill = encode.AppendRetention(p.retentionFill[:0], p.key.Retention, p.rows)
		w.Data(p.retentionFill)
	}),
	col("batch", encode.TypeBatchID, func(w *native.Block, b *Batch, p *recordPart) { w.Data(b.BatchIDs(p.rows)) }),
	fixed("seq", "UInt32", func(p *recordPart) *native.Fixed { return &p.seq }),
}

var recordNames = encode.Names(recordColumns)
