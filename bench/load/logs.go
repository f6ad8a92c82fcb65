package load

import "encoding/binary"

// NewLogs makes a generator of the logs that the traces of the same configuration leave behind: their trace and span ids are those
// of New. About 8 records a trace, 290 bytes and 4 attributes a record; one in twenty belongs to no trace, and a failing request
// leaves an error with its stack.
func NewLogs(cfg Config) *Generator {
	g := newGenerator(cfg)
	g.write = g.log
	g.scopes = scopes(func(service int) (name, version string) { return messages[service].logger, "" })
	return g
}

// strayShare is the share of records that belong to no trace: timers, connections, the garbage collector.
const strayShare = 0.05

// log writes what an operation has to say, if it is one that the service's code sees.
func (g *Generator) log(op *operation, at int, id uint64, in context, end int64, fails bool) {
	if op.kind != server && op.kind != consumer && op.kind != internal {
		return
	}
	of := &messages[g.pods[at].service]
	m := &of.said[g.values.n(len(of.said))]
	if fails {
		m = &failure
	}
	if g.values.float() < strayShare {
		g.record(&stray[g.values.n(len(stray))], at, 0, in.start)
	}
	g.record(m, at, id, in.start+(end-in.start)/2)
}

// record encodes one record into its pod. Without a span it is of no trace.
func (g *Generator) record(m *message, at int, span uint64, when int64) {
	s := g.item[:0]
	s = append(s, 1<<3|1)
	s = binary.LittleEndian.AppendUint64(s, uint64(when))
	s = append(s, 2<<3, m.severity)
	s = appendText(s, 3, m.level)
	text := g.attrs[:0]
	for _, p := range m.body {
		text = append(text, p.text...)
		if p.has {
			text = g.text(text, p.value)
		}
	}
	g.attrs = text
	s = appendTag(s, 5, 2)
	s = binary.AppendUvarint(s, uint64(1+uvarintLen(len(text))+len(text)))
	s = append(s, 1<<3|2)
	s = appendBytes(s, text)
	s = append(s, m.static...)
	for _, d := range m.dynamic {
		s = g.attribute(s, 6, d)
	}
	if span != 0 {
		s = append(s, 8<<3|5)
		s = binary.LittleEndian.AppendUint32(s, 1)
		s = append(s, 9<<3|2, 16)
		s = append(s, g.traceID[:]...)
		s = append(s, 10<<3|2, 8)
		s = binary.BigEndian.AppendUint64(s, span)
	}
	s = append(s, 11<<3|1)
	s = binary.LittleEndian.AppendUint64(s, uint64(when)+40_000+uint64(g.values.n(20_000)))
	if m.event != "" {
		s = appendText(s, 12, m.event)
	}
	g.item = s
	g.add(at, s)
}
