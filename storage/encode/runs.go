package encode

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/conn/native"
)

// PartKey is a partition of a table of items.
type PartKey struct {
	Retention uint16 // days
	Day       int32  // since 1970, UTC
}

// Date is the partition's day, midnight UTC.
func (k PartKey) Date() time.Time { return time.Unix(int64(k.Day)*86400, 0).UTC() }

// Compare orders by retention, then day.
func (k PartKey) Compare(other PartKey) int {
	return cmp.Or(cmp.Compare(k.Retention, other.Retention), cmp.Compare(k.Day, other.Day))
}

// String is the partition's name in batches.
func (k PartKey) String() string {
	return fmt.Sprintf("%d,%s", k.Retention, k.Date().Format("20060102"))
}

// Run is a stretch of rows of one project, resource and scope: what these say is kept once and unrolled when the block is made.
type Run struct {
	Rows                     int
	Project, Resource, Scope uint32
}

// Runs are a partition's rows, by where they came from. The zero value is empty.
type Runs struct {
	List []Run

	fill         [runTexts]native.Index // of whole columns, made with the block
	ids          []byte
	scopeAttrs   StringMap
	scopeDropped []byte
}

// Extend notes one more row.
func (r *Runs) Extend(project uint32, resource *Resource, scope uint32) {
	if n := len(r.List); n > 0 {
		if last := &r.List[n-1]; last.Resource == resource.index && last.Scope == scope && last.Project == project {
			last.Rows++
			return
		}
	}
	r.List = append(r.List, Run{1, project, resource.index, scope})
}

// Cut drops all but the first rows.
func (r *Runs) Cut(rows int) {
	if rows == 0 {
		r.List = r.List[:0]
	}
	for i := range r.List {
		if r.List[i].Rows >= rows {
			r.List[i].Rows = rows
			r.List = r.List[:i+1]
			return
		}
		rows -= r.List[i].Rows
	}
}

// EmitRuns unrolls a text that all rows of a run share.
func (e *Encoder) EmitRuns(w *native.Block, r *Runs, text int) {
	x, d := &r.fill[text], e.Services
	x.Reset()
	switch {
	case text == RunProject:
		d = e.Projects
	case text >= resourceTexts:
		d = e.ScopeTexts
	}
	for _, run := range r.List {
		var id uint32
		switch {
		case text < resourceTexts:
			id = e.Resources[run.Resource].TextIDs[text]
		case text == RunProject:
			id = run.Project
		default:
			id = e.scopes[run.Scope].texts[text-RunScopeName]
		}
		x.Fill(id, run.Rows)
	}
	w.LowCardinalityVersion()
	w.LowCardinality(d, x)
}

// EmitResourceIDs unrolls the ids of resources.
func (e *Encoder) EmitResourceIDs(w *native.Block, r *Runs) {
	r.ids = r.ids[:0]
	for _, run := range r.List {
		id := e.Resources[run.Resource].key.id
		for range run.Rows {
			r.ids = append(r.ids, id[:]...)
		}
	}
	w.Data(r.ids)
}

// EmitScopeAttrs unrolls the attributes of scopes, which hardly any scope has.
func (e *Encoder) EmitScopeAttrs(w *native.Block, r *Runs) {
	m := &r.scopeAttrs
	m.reset()
	for _, run := range r.List {
		s := &e.scopes[run.Scope]
		for range run.Rows {
			for _, key := range s.keys {
				m.keys.Add(key)
			}
			m.values.AddEncoded(s.values, len(s.keys))
			m.offsets.Add(len(s.keys))
		}
	}
	m.Emit(w, e.Keys.Dict)
}

// EmitScopeDropped unrolls the counts of attributes that scopes dropped.
func (e *Encoder) EmitScopeDropped(w *native.Block, r *Runs) {
	r.scopeDropped = r.scopeDropped[:0]
	for _, run := range r.List {
		for range run.Rows {
			r.scopeDropped = binary.LittleEndian.AppendUint32(r.scopeDropped, e.scopes[run.Scope].dropped)
		}
	}
	w.Data(r.scopeDropped)
}
