package load

import (
	"encoding/binary"
	"slices"
	"time"
)

// Metrics makes the exports of the instances' SDKs: each instance its own, every 10, 15 or 60 seconds by service (or every Step), with
// all of its series in each: counters, gauges, histograms with exemplars, exponential histograms, all cumulative. Not safe for
// concurrent use.
type Metrics struct {
	g     *Generator
	every []int64 // ns between the exports of an instance
	due   []int64 // unix ns
	sets  [][]instrument
	began int64 // start time of the points
	data  []byte
}

// instrument is a metric of an instance.
type instrument struct {
	*family
	head   []byte // name, description, unit
	series []series
}

type series struct {
	attrs   []byte // encoded, with their tags
	count   uint64
	sum     float64
	buckets []uint64
}

// NewMetrics makes a generator of metrics whose resources are those of the traces of the same configuration.
func NewMetrics(cfg Config) *Metrics {
	total := cfg.Series
	if total == 0 {
		total = 4000
	}
	g := newGenerator(cfg)
	g.scopes = scopes(func(service int) (name, version string) { return "io.shop." + services[service].name, "" })
	m := &Metrics{g: g, began: cfg.Start.Add(-time.Hour).UnixNano()}
	for i := range g.pods {
		every := [...]time.Duration{10 * time.Second, 15 * time.Second, 60 * time.Second}[g.pods[i].service%3]
		if cfg.Step > 0 {
			every = cfg.Step
		}
		m.every = append(m.every, int64(every))
		m.due = append(m.due, g.now+int64(g.shape.n(int(every))))
		m.sets = append(m.sets, g.instruments(total*(i+1)/len(g.pods)-total*i/len(g.pods)))
	}
	return m
}

// PerHour is how many points the instances send in an hour.
func (m *Metrics) PerHour() (points float64) {
	for i, set := range m.sets {
		for _, in := range set {
			points += float64(len(in.series)) * float64(time.Hour) / float64(m.every[i])
		}
	}
	return points
}

// Seek makes the next export one of t.
func (m *Metrics) Seek(t time.Time) {
	by := t.UnixNano() - slices.Min(m.due)
	for i := range m.due {
		m.due[i] += by
	}
}

// Next makes the export of the instance that is due.
func (m *Metrics) Next() Request {
	at := 0
	for i := range m.due {
		if m.due[i] < m.due[at] {
			at = i
		}
	}
	now := m.due[at]
	m.due[at] += m.every[at]
	p := &m.g.pods[at]
	for i := range m.sets[at] {
		in := &m.sets[at][i]
		m.data = m.data[:0]
		for j := range in.series {
			s := &in.series[j]
			m.g.item = m.point(m.g.item[:0], in, s, now)
			m.data = append(m.data, 1<<3|2)
			m.data = appendBytes(m.data, m.g.item)
			p.n++
		}
		m.data = append(m.data, in.tail...)
		size := len(in.head) + 1 + uvarintLen(len(m.data)) + len(m.data)
		p.items = append(p.items, 2<<3|2)
		p.items = binary.AppendUvarint(p.items, uint64(size))
		p.items = append(p.items, in.head...)
		p.items = append(p.items, in.field<<3|2)
		p.items = appendBytes(p.items, m.data)
	}
	m.g.items += p.n
	return m.g.request([]int{at})
}

// point lets time pass for a series, and encodes what it then says.
func (m *Metrics) point(b []byte, in *instrument, s *series, now int64) []byte {
	r := &m.g.values
	b = append(b, s.attrs...)
	b = fixed64(b, 2, uint64(m.began))
	b = fixed64(b, 3, uint64(now))
	switch in.kind {
	case counter, upDown:
		if r.n(4) > 0 { // one in four did not move
			s.count += uint64(r.n(200))
		}
		return fixed64(b, 6, s.count)
	case seconds:
		s.sum += float64(r.n(10_000)) / 1000
		return fixed64(b, 4, floatBits(s.sum))
	case gauge:
		s.sum = max(0, s.sum+(r.float()-0.5)*in.scale/20)
		return fixed64(b, 4, floatBits(s.sum))
	}
	last := 0.0
	for range r.n(5) { // as many buckets get some
		i, n := in.middle()+r.n(5), uint64(1+r.n(9))
		last = in.value(i)
		s.buckets[i] += n
		s.count += n
		s.sum += last * float64(n)
	}
	b = fixed64(b, 4, s.count)
	b = fixed64(b, 5, floatBits(s.sum))
	exemplar := byte(8)
	if in.kind == histogram {
		b = append(b, 6<<3|2)
		b = binary.AppendUvarint(b, uint64(8*len(s.buckets)))
		for _, n := range s.buckets {
			b = binary.LittleEndian.AppendUint64(b, n)
		}
		b = append(b, bounds...)
	} else {
		exemplar = 11
		b = append(b, 6<<3, 2*exponentialScale) // sint32
		b = fixed64(b, 7, 0)
		counts := m.g.attrs[:0]
		for _, n := range s.buckets {
			counts = binary.AppendUvarint(counts, n)
		}
		m.g.attrs = counts
		b = append(b, 8<<3|2)
		b = binary.AppendUvarint(b, uint64(2+1+uvarintLen(len(counts))+len(counts)))
		b = append(b, 1<<3, 2*exponentialOffset-1, 2<<3|2) // sint32, negative
		b = appendBytes(b, counts)
	}
	if last > 0 && r.n(2) == 0 {
		b = m.exemplar(b, exemplar, last, now-int64(r.n(int(time.Second))))
	}
	return b
}

// exemplar says which trace a value is from.
func (m *Metrics) exemplar(b []byte, field byte, value float64, at int64) []byte {
	r := &m.g.values
	e := append(m.g.attrs[:0], 2<<3|1)
	e = binary.LittleEndian.AppendUint64(e, uint64(at))
	e = fixed64(e, 3, floatBits(value))
	e = append(e, 4<<3|2, 8)
	e = binary.BigEndian.AppendUint64(e, r.next()|1)
	e = append(e, 5<<3|2, 16)
	e = binary.BigEndian.AppendUint64(e, r.next())
	e = binary.BigEndian.AppendUint64(e, r.next()|1)
	e = m.g.attribute(e, 7, dynamic{kind: uuid, key: "app.session.id"})
	m.g.attrs = e
	b = append(b, field<<3|2)
	return appendBytes(b, e)
}

func fixed64(b []byte, field byte, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, field<<3|1), v)
}
