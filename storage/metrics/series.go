package metrics

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// seriesOf is the id of the point's series. It gets a row when it is new, when something else is said of it, and once a day.
func (b *Batch) seriesOf(q *point) (id uint64, odd encode.Reasons, err error) {
	m := &b.metric
	attrs := q.split
	if len(attrs) == 0 {
		attrs = b.In(q.attrs)
	}
	h := xxh3.Hash128(attrs).Bytes()
	var key seriesKey
	for i := range key {
		key[i] = h[i] ^ m.context[i]
	}
	s := b.known.find(key)
	if s != nil && (s.written == b.due(key) && s.said == m.said || s.epoch == uint32(b.Epoch)) {
		return s.id, s.reasons, nil
	}
	id, odd, err = b.newSeries(attrs)
	if err != nil {
		return 0, 0, err
	}
	if s == nil {
		s = b.known.add(known{key: key})
	}
	s.id, s.said, s.written, s.epoch, s.reasons = id, m.said, 0, uint32(b.Epoch), odd
	b.pending = append(b.pending, key)
	return id, odd, nil
}

// newSeries decodes the fields of attributes and appends the row of their series.
func (b *Batch) newSeries(attrs []byte) (id uint64, odd encode.Reasons, err error) {
	m, r, l := &b.metric, b.series, &b.attrList
	r.cut(r.rows) // what a series that failed has left
	b.Begin(l)
	f := encode.FieldsOf(attrs, 0, len(attrs))
	for f.Next() {
		if f.Typ == encode.WireBytes {
			if err := b.KeyValue(attrs, f.Lo, f.Hi, l); err != nil {
				return 0, 0, err
			}
		}
	}
	if f.Err != nil {
		return 0, 0, f.Err
	}
	id = b.identify(attrs, l)

	sub := &b.ofList
	b.Begin(sub)
	for _, kv := range m.metadata {
		if err := b.KeyValue(b.Body, int(kv.Lo), int(kv.Hi), sub); err != nil {
			return 0, 0, err
		}
	}
	if err := b.AddList(&r.metadata, b.Body, sub); err != nil {
		return 0, 0, err
	}
	name := b.TextID(b.names, b.In(m.name), encode.MaxName, l, "metric.name")
	unit := b.TextID(b.texts, b.In(m.unit), encode.MaxName, l, "metric.unit")
	description := b.TextID(b.texts, b.In(m.description), encode.MaxValue, l, "metric.description")
	if err := b.AddTyped(&r.attrs, &r.ints, &r.floats, r.rows, attrs, l); err != nil {
		return 0, 0, err
	}
	r.name.Add(name)
	r.id.Add64(id)
	r.kind.Add8(uint8(m.kind))
	r.temporality.Add32(uint32(m.temporality))
	if m.monotonic {
		r.monotonic.Set8(r.rows, 1)
	}
	r.unit.Add(unit)
	r.description.Add(description)
	r.rows++
	r.runs.Extend(b.Project, m.resource, m.scope)
	return id, l.Reasons | sub.Reasons, nil
}

// identify hashes what names a series, the same for every order of its attributes. The form is for ever: ids are stored.
func (b *Batch) identify(buf []byte, l *encode.List) uint64 {
	out := b.appendIdentity(b.scratch[:0], b.ScopeID(b.metric.scope))
	order := make([]*encode.Attr, 0, 16)
	for i := range l.Attrs() {
		order = append(order, &l.Attrs()[i])
	}
	keys := b.Keys.Dict
	slices.SortFunc(order, func(x, y *encode.Attr) int { return bytes.Compare(keys.Key(x.Key), keys.Key(y.Key)) })
	for _, a := range order {
		out = appendText(out, keys.Key(a.Key))
		out = append(out, a.Typ)
		switch a.Typ {
		case encode.AnyEmpty:
		case encode.AnyInt, encode.AnyDouble:
			out = binary.LittleEndian.AppendUint64(out, a.Num)
		case encode.AnyBool:
			out = append(out, byte(min(a.Num, 1)))
		default:
			out = appendText(out, buf[a.Lo:a.Hi])
		}
	}
	b.scratch = out
	return xxh3.Hash(out)
}

// seriesRows are the batch's rows for the series table.
type seriesRows struct {
	rows                             int
	runs                             encode.Runs
	name, unit, description          native.Index
	id, kind, temporality, monotonic native.Fixed
	attrs, metadata                  encode.StringMap
	ints, floats                     encode.NumberMap
	lastSeen, retention              []byte // of whole columns, made with the block
	block                            native.Block
}

func newSeriesRows() *seriesRows {
	return &seriesRows{
		id: native.NewFixed(8), kind: native.NewFixed(1), temporality: native.NewFixed(4), monotonic: native.NewFixed(1),
		ints: encode.NewNumberMap(), floats: encode.NewNumberMap(),
	}
}

// cut drops all but the first rows, and whatever a row that failed has left.
func (r *seriesRows) cut(rows int) {
	for _, x := range []*native.Index{&r.name, &r.unit, &r.description} {
		x.Cut(rows)
	}
	for _, f := range []*native.Fixed{&r.id, &r.kind, &r.temporality, &r.monotonic} {
		f.Cut(rows)
	}
	r.attrs.Cut(rows)
	r.metadata.Cut(rows)
	r.ints.Cut(rows)
	r.floats.Cut(rows)
	r.runs.Cut(rows)
	r.rows = rows
}
