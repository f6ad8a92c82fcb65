package traces

import (
	"math"
	"time"

	"github.com/sightline/sightline/storage/conn/native"
)

// partKey is a partition of the spans table.
type partKey struct {
	retention uint16 // days
	day       int32  // since 1970, UTC
}

func (k partKey) date() time.Time { return time.Unix(int64(k.day)*86400, 0).UTC() }

// run is a stretch of rows of one project, resource and scope: what these say is kept once and unrolled when the block is made.
type run struct {
	rows                     int
	project, resource, scope uint32
}

// spanPart is the rows of one partition. Columns whose name stands alone get a value with every row; the rest are filled with
// zeros up to a row that has one, so that what spans rarely have costs nothing.
type spanPart struct {
	key  partKey
	rows int
	runs []run

	// with every row
	start, traceID, spanID, parentID, kind, duration, class native.Fixed
	name                                                    native.Index
	attrs                                                   stringMap

	// rare, or repeating
	flags, status, state                      native.Fixed
	droppedAttrs, droppedEvents, droppedLinks native.Fixed
	weight, httpStatus                        native.Fixed
	traceState, message                       native.Strings
	peerType, peerName                        native.Index
	ints, floats                              numberMap
	lifted                                    [liftTexts]native.Index

	events, links                                 native.Offsets
	evTime, evDropped                             native.Fixed
	evName                                        native.Index
	evAttrs                                       stringMap
	lnTraceID, lnSpanID, lnFlags, lnDropped       native.Fixed
	lnState                                       native.Strings
	lnAttrs                                       stringMap
	retentionFill, resourceFill, scopeDroppedFill []byte // of whole columns, made with the block
	runFill                                       [runTexts]native.Index
	scopeFill                                     stringMap
	block                                         native.Block
}

var oneWeight = math.Float64bits(1)

func newSpanPart() *spanPart {
	return &spanPart{
		start: native.NewFixed(8), traceID: native.NewFixed(16), spanID: native.NewFixed(8), parentID: native.NewFixed(8),
		kind: native.NewFixed(4), duration: native.NewFixed(8), class: native.NewFixed(1),
		flags: native.NewFixed(4), status: native.NewFixed(4), state: native.NewFixed(1),
		droppedAttrs: native.NewFixed(4), droppedEvents: native.NewFixed(4), droppedLinks: native.NewFixed(4),
		weight: native.NewFixed(8), httpStatus: native.NewFixed(2),
		ints: newNumberMap(), floats: newNumberMap(),
		evTime: native.NewFixed(8), evDropped: native.NewFixed(4),
		lnTraceID: native.NewFixed(16), lnSpanID: native.NewFixed(8), lnFlags: native.NewFixed(4), lnDropped: native.NewFixed(4),
	}
}

// cut drops all but the first rows, and whatever a row that failed has left. It is for failures.
func (p *spanPart) cut(rows int) {
	for _, f := range []*native.Fixed{
		&p.start, &p.traceID, &p.spanID, &p.parentID, &p.kind, &p.duration, &p.class, &p.flags, &p.status, &p.state,
		&p.droppedAttrs, &p.droppedEvents, &p.droppedLinks, &p.weight, &p.httpStatus,
	} {
		f.Cut(rows)
	}
	p.name.Cut(rows)
	p.peerType.Cut(rows)
	p.peerName.Cut(rows)
	for i := range p.lifted {
		p.lifted[i].Cut(rows)
	}
	p.traceState.Cut(rows)
	p.message.Cut(rows)
	p.attrs.cut(rows)
	p.ints.cut(rows)
	p.floats.cut(rows)

	p.events.Cut(rows)
	n := p.events.Total()
	p.evTime.Cut(n)
	p.evDropped.Cut(n)
	p.evName.Cut(n)
	p.evAttrs.cut(n)

	p.links.Cut(rows)
	n = p.links.Total()
	for _, f := range []*native.Fixed{&p.lnTraceID, &p.lnSpanID, &p.lnFlags, &p.lnDropped} {
		f.Cut(n)
	}
	p.lnState.Cut(n)
	p.lnAttrs.cut(n)

	p.rows = rows
	if rows == 0 {
		p.runs = p.runs[:0]
	}
	for i := range p.runs {
		if p.runs[i].rows >= rows {
			p.runs[i].rows = rows
			p.runs = p.runs[:i+1]
			break
		}
		rows -= p.runs[i].rows
	}
}

// idle is about how many bytes an emptied partition holds on to: its largest columns.
func (p *spanPart) idle() int {
	return cap(p.attrs.values.Bytes()) + cap(p.evAttrs.values.Bytes()) + cap(p.lnAttrs.values.Bytes()) + cap(p.start.Bytes())
}

// extend notes one more row of a project, resource and scope.
func (p *spanPart) extend(project, resource, scope uint32) {
	p.rows++
	if n := len(p.runs); n > 0 {
		if r := &p.runs[n-1]; r.resource == resource && r.scope == scope && r.project == project {
			r.rows++
			return
		}
	}
	p.runs = append(p.runs, run{1, project, resource, scope})
}

// stringMap is a Map(LowCardinality(String), String), or the maps inside an array.
type stringMap struct {
	offsets native.Offsets
	keys    native.Index
	values  native.Strings
}

func (m *stringMap) add(key uint32, value []byte) {
	m.keys.Add(key)
	m.values.Add(value)
}

// end ends a row that began when there were before keys.
func (m *stringMap) end(before int) { m.offsets.Add(m.keys.Len() - before) }

func (m *stringMap) reset() {
	m.offsets.Reset()
	m.keys.Reset()
	m.values.Reset()
}

func (m *stringMap) cut(rows int) {
	m.offsets.Cut(rows)
	m.keys.Cut(m.offsets.Total())
	m.values.Cut(m.offsets.Total())
}

func (m *stringMap) emit(w *native.Block, keys *native.Dict) {
	w.LowCardinalityVersion()
	m.emitRest(w, keys)
}

// emitIn is emit for maps inside an array.
func (m *stringMap) emitIn(w *native.Block, keys *native.Dict, array *native.Offsets) {
	w.LowCardinalityVersion()
	w.Data(array.Bytes())
	m.emitRest(w, keys)
}

func (m *stringMap) emitRest(w *native.Block, keys *native.Dict) {
	w.Data(m.offsets.Bytes())
	w.LowCardinality(keys, &m.keys)
	w.Data(m.values.Bytes())
}

// numberMap is a map from strings to integers or floats.
type numberMap struct {
	offsets native.Offsets
	keys    native.Index
	values  native.Fixed
}

func newNumberMap() numberMap { return numberMap{values: native.NewFixed(8)} }

func (m *numberMap) add(key uint32, value uint64) {
	m.keys.Add(key)
	m.values.Add64(value)
}

// end ends row, which began when there were before keys. Empty rows are not ended, but made up for by a later one.
func (m *numberMap) end(row, before int) {
	if n := m.keys.Len() - before; n > 0 {
		m.offsets.Set(row, n)
	}
}

func (m *numberMap) cut(rows int) {
	m.offsets.Cut(rows)
	m.keys.Cut(m.offsets.Total())
	m.values.Cut(m.offsets.Total())
}

func (m *numberMap) emit(w *native.Block, keys *native.Dict, rows int) {
	m.offsets.Pad(rows)
	w.LowCardinalityVersion()
	w.Data(m.offsets.Bytes())
	w.LowCardinality(keys, &m.keys)
	w.Data(m.values.Bytes())
}
