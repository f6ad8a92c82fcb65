package metrics

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/sightline/sightline/storage/encode"
)

// Kind is what a metric's points are.
type Kind uint8

// The kinds; a metric without data has none and no points.
const (
	Gauge Kind = iota + 1
	Sum
	Histogram
	ExponentialHistogram
	Summary
)

var kindNames = [...]string{"", "gauge", "sum", "histogram", "exponential_histogram", "summary"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// metric is the metric that is being decoded.
type metric struct {
	name, description, unit, data encode.Stretch
	metadata                      []encode.Stretch
	kind                          Kind
	temporality                   int32
	monotonic                     bool
	prepared                      bool // what follows is set

	resource *encode.Resource
	scope    uint32
	nameID   uint32
	context  [16]byte // of the series' keys
	said     uint32
}

// kindOf is the kind of data by the field of the Metric that holds them.
func kindOf(field int32) Kind {
	switch field {
	case 5:
		return Gauge
	case 7:
		return Sum
	case 9:
		return Histogram
	case 10:
		return ExponentialHistogram
	case 11:
		return Summary
	}
	return 0
}

// decodeMetric decodes a Metric and appends its points. What the points need to know comes before or after them, so a first walk, over
// lengths only, finds it.
func (b *Batch) decodeMetric(from *encode.Source, lo, hi int) error {
	m := &b.metric
	*m = metric{metadata: m.metadata[:0]}
	f := encode.FieldsOf(b.Body, lo, hi)
	for f.Next() {
		in := encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)}
		switch {
		case f.Typ != encode.WireBytes:
		case f.Num == 1:
			m.name = in
		case f.Num == 2:
			m.description = in
		case f.Num == 3:
			m.unit = in
		case f.Num == 12:
			m.metadata = append(m.metadata, in)
		case kindOf(f.Num) != 0: // a oneof: the last counts
			m.kind, m.data = kindOf(f.Num), in
		}
	}
	if f.Err != nil {
		return f.Err
	}
	f = encode.FieldsOf(b.Body, int(m.data.Lo), int(m.data.Hi))
	for f.Next() {
		switch {
		case f.Typ != encode.WireVarint || m.kind == Gauge || m.kind == Summary:
		case f.Num == 2:
			m.temporality = int32(f.Val)
		case f.Num == 3 && m.kind == Sum:
			m.monotonic = f.Val != 0
		}
	}
	if f.Err != nil {
		return f.Err
	}
	for f = encode.FieldsOf(b.Body, int(m.data.Lo), int(m.data.Hi)); f.Next(); {
		if !f.Is(1) || b.Rejected() {
			continue
		}
		if !m.prepared {
			if err := b.prepare(from); err != nil {
				return err
			}
		}
		if err := b.decodePoint(f.Lo, f.Hi); err != nil {
			return err
		}
	}
	return nil
}

// prepare looks up what all points of the metric share.
func (b *Batch) prepare(from *encode.Source) (err error) {
	m := &b.metric
	if m.resource, err = b.Resource(from); err != nil {
		return err
	}
	m.scope, m.prepared = from.Scope, true
	m.nameID = b.TextID(b.names, b.In(m.name), encode.MaxName, &b.OwnList, "")
	out := binary.AppendUvarint(b.scratch[:0], uint64(len(b.Delta.Project)))
	out = append(out, b.Delta.Project...)
	out = b.appendIdentity(out, b.ScopeID(from.Scope))
	m.context = xxh3.Hash128(out).Bytes()
	out = append(out[:0], b.In(m.description)...)
	for _, kv := range m.metadata {
		out = append(append(out, 0), b.In(kv)...)
	}
	m.said = uint32(xxh3.Hash(out))
	b.scratch = out
	return nil
}

// appendIdentity appends what the metric gives to the identity of its series. The order and the form are for ever: ids are stored.
func (b *Batch) appendIdentity(out []byte, scope [16]byte) []byte {
	m := &b.metric
	resource := m.resource.ID()
	out = append(out, resource[:]...)
	out = append(out, scope[:]...)
	out = append(out, byte(m.kind))
	out = binary.LittleEndian.AppendUint32(out, uint32(m.temporality))
	if m.monotonic {
		out = append(out, 1)
	} else {
		out = append(out, 0)
	}
	out = appendText(out, b.In(m.name))
	return appendText(out, b.In(m.unit))
}

func appendText(out, v []byte) []byte {
	return append(binary.AppendUvarint(out, uint64(len(v))), v...)
}
