package encode

import (
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn/native"
)

// resourceRows are the batch's rows for the resources table.
type resourceRows struct {
	rows                             int
	project                          native.Index
	id, dropped, lastSeen, retention native.Fixed
	texts                            [resourceTexts]native.Index
	attrs                            StringMap
	ints, floats                     NumberMap
	schemaURL, entityRefs            native.Strings
	block                            native.Block
}

func newResourceRows() *resourceRows {
	return &resourceRows{
		id: native.NewFixed(16), dropped: native.NewFixed(4), lastSeen: native.NewFixed(4), retention: native.NewFixed(2),
		ints: NewNumberMap(), floats: NewNumberMap(),
	}
}

func (r *resourceRows) reset() { r.cut(0) }

func (r *resourceRows) cut(rows int) {
	r.project.Cut(rows)
	for _, f := range []*native.Fixed{&r.id, &r.dropped, &r.lastSeen, &r.retention} {
		f.Cut(rows)
	}
	for i := range r.texts {
		r.texts[i].Cut(rows)
	}
	r.attrs.Cut(rows)
	r.ints.Cut(rows)
	r.floats.Cut(rows)
	r.schemaURL.Cut(rows)
	r.entityRefs.Cut(rows)
	r.rows = rows
}

// finish completes the row that newResource began.
func (r *resourceRows) finish(e *Encoder, of *Resource) {
	r.project.Add(e.Project)
	r.id.AddBytes(of.key.id[:])
	for i, id := range of.TextIDs {
		r.texts[i].Add(id)
	}
	r.lastSeen.Add32(uint32(e.ID.Cut().Unix()))
	r.retention.Add16(e.Policy.Longest())
	r.rows++
}

// resourceColumns is the Go declaration of the resources table.
var resourceColumns = []Column[*Encoder, *resourceRows]{
	Col("project", TypeLC, func(w *native.Block, e *Encoder, r *resourceRows) { EmitIndex(w, e.Projects, &r.project, r.rows) }),
	Col("id", TypeID, func(w *native.Block, _ *Encoder, r *resourceRows) { w.Data(r.id.Bytes()) }),
	Col("service", TypeLC, func(w *native.Block, e *Encoder, r *resourceRows) {
		EmitIndex(w, e.Services, &r.texts[RunService], r.rows)
	}),
	Col("service_type", TypeLC, func(w *native.Block, e *Encoder, r *resourceRows) {
		EmitIndex(w, e.Services, &r.texts[RunServiceType], r.rows)
	}),
	Col("namespace", TypeLC, func(w *native.Block, e *Encoder, r *resourceRows) {
		EmitIndex(w, e.Services, &r.texts[RunNamespace], r.rows)
	}),
	Col("env", TypeLC, func(w *native.Block, e *Encoder, r *resourceRows) { EmitIndex(w, e.Services, &r.texts[RunEnv], r.rows) }),
	Col("version", TypeLC, func(w *native.Block, e *Encoder, r *resourceRows) {
		EmitIndex(w, e.Services, &r.texts[RunVersion], r.rows)
	}),
	Col("attrs", TypeMap, func(w *native.Block, e *Encoder, r *resourceRows) { r.attrs.Emit(w, e.Keys.Dict) }),
	Col("attrs_int", TypeMapInt, func(w *native.Block, e *Encoder, r *resourceRows) { r.ints.Emit(w, e.Keys.Dict, r.rows) }),
	Col("attrs_float", TypeMapNum, func(w *native.Block, e *Encoder, r *resourceRows) { r.floats.Emit(w, e.Keys.Dict, r.rows) }),
	Col("dropped_attrs", "UInt32", func(w *native.Block, _ *Encoder, r *resourceRows) { w.Data(r.dropped.Bytes()) }),
	Col("schema_url", "String", func(w *native.Block, _ *Encoder, r *resourceRows) { w.Data(r.schemaURL.Bytes()) }),
	Col("entity_refs", "String", func(w *native.Block, _ *Encoder, r *resourceRows) { w.Data(r.entityRefs.Bytes()) }),
	Col("last_seen", "DateTime('UTC')", func(w *native.Block, _ *Encoder, r *resourceRows) { w.Data(r.lastSeen.Bytes()) }),
	Col("retention_days", "UInt16", func(w *native.Block, _ *Encoder, r *resourceRows) { w.Data(r.retention.Bytes()) }),
	Col("batch", TypeBatchID, func(w *native.Block, e *Encoder, r *resourceRows) { w.Data(e.BatchIDs(r.rows)) }),
}

var resourceNames = Names(resourceColumns)

// ResourceColumns are the names and types of the resources table's columns, in order.
func ResourceColumns() (columns [][2]string) {
	for _, c := range resourceColumns {
		columns = append(columns, [2]string{c.Name, c.Type})
	}
	return columns
}

// ResourceBlocks are the batch's rows for the resources table: one block, or none. It goes before the items that name them.
func (e *Encoder) ResourceBlocks() []batch.Block {
	r := e.resourceRows
	if r.rows == 0 {
		return nil
	}
	return []batch.Block{{
		Table: "resources", RetentionDays: e.Policy.Longest(), Day: e.ID.Cut().Truncate(24 * time.Hour), Columns: resourceNames,
		Rows: r.rows, Body: Emit(&r.block, e, r, r.rows, resourceColumns),
	}}
}
