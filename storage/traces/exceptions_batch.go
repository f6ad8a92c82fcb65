package traces

import (
	"math"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

const (
	maxExceptions       = 128 // of a span
	maxExceptionMessage = 1 << 10
)

// exceptionPart is the exceptions of one partition.
type exceptionPart struct {
	key  encode.PartKey
	rows int

	start, traceID, spanID, ordinal, fingerprint, escaped, weight native.Fixed
	project, service, namespace, env, version                     native.Index
	operation, typ, place                                         native.Index
	message                                                       native.Strings
	retentionFill                                                 []byte
	block                                                         native.Block
}

func newExceptionPart() *exceptionPart {
	return &exceptionPart{
		start: native.NewFixed(8), traceID: native.NewFixed(16), spanID: native.NewFixed(8), ordinal: native.NewFixed(2),
		fingerprint: native.NewFixed(8), escaped: native.NewFixed(1), weight: native.NewFixed(8),
	}
}

// Open begins the part of a partition.
func (p *exceptionPart) Open(key encode.PartKey) { p.key = key }

// Mark is the number of rows.
func (p *exceptionPart) Mark() int { return p.rows }

// Cut drops all but the first rows.
func (p *exceptionPart) Cut(rows int) {
	for _, f := range []*native.Fixed{&p.start, &p.traceID, &p.spanID, &p.ordinal, &p.fingerprint, &p.escaped, &p.weight} {
		f.Cut(rows)
	}
	for _, x := range []*native.Index{&p.project, &p.service, &p.namespace, &p.env, &p.version, &p.operation, &p.typ, &p.place} {
		x.Cut(rows)
	}
	p.message.Cut(rows)
	p.rows = rows
}

// Idle is about how many bytes an emptied part holds on to.
func (p *exceptionPart) Idle() int { return cap(p.message.Bytes()) + 64*cap(p.escaped.Bytes()) }

// raised is an exception of the span that is being decoded: where its texts lie in the body.
type raised struct {
	typ, message, stack encode.Stretch
	escaped             uint8
}

// raise notes the exception that a list of attributes tells of, if it does.
func (b *Batch) raise(l *encode.List) {
	var r raised
	for i := range l.Attrs() {
		a := &l.Attrs()[i]
		key := b.Keys.Dict.Key(a.Key)
		if len(key) < len("exception.") || string(key[:len("exception.")]) != "exception." {
			continue
		}
		var at *encode.Stretch
		switch string(key) {
		case "exception.type":
			at = &r.typ
		case "exception.message":
			at = &r.message
		case "exception.stacktrace":
			at = &r.stack
		case "exception.escaped":
			switch {
			case a.Typ == encode.AnyBool && a.Num != 0, a.Typ == encode.AnyString && strings.EqualFold(alias(b.Body[a.Lo:a.Hi]), "true"):
				r.escaped = 2
			case a.Typ == encode.AnyBool, a.Typ == encode.AnyString:
				r.escaped = 1
			}
			continue
		default:
			continue
		}
		if a.Typ == encode.AnyString {
			*at = encode.Stretch{Lo: a.Lo, Hi: a.Hi}
		}
	}
	if (r.typ != encode.Stretch{} || r.message != encode.Stretch{} || r.stack != encode.Stretch{}) && len(b.raised) < maxExceptions {
		b.raised = append(b.raised, r)
	}
}

// print is what is known of an exception by its texts, so that one that comes a thousand times is looked at once.
type print struct {
	fingerprint uint64
	place       string
}

// maxPrints bounds how many are remembered.
const maxPrints = 4096

func (b *Batch) printOf(service, typ, message, stack string) print {
	h := xxh3.New()
	for _, s := range [...]string{service, typ, message, stack} {
		_, _ = h.WriteString(s)
		_, _ = h.Write([]byte{0})
	}
	sum := h.Sum128()
	key := [2]uint64{sum.Hi, sum.Lo}
	p, ok := b.prints[key]
	if !ok {
		frames := topFrames(framesOf(stack))
		p.fingerprint = fingerprint(service, typ, message, frames)
		if len(frames) > 0 {
			p.place = strings.Clone(frames[0])
		}
		if len(b.prints) >= maxPrints {
			clear(b.prints)
		}
		b.prints[key] = p
	}
	return p
}

// Fingerprint names the group that an exception belongs to.
func Fingerprint(service, typ, message, stack string) uint64 {
	return fingerprint(service, typ, message, topFrames(framesOf(stack)))
}

func fingerprint(service, typ, message string, frames []string) uint64 {
	texts := append([]string{service, typ, messagePattern(message)}, frames...)
	return max(xxh3.HashString(strings.Join(texts, "\x00")), 1)
}

// encodeRaised appends the span's exceptions. Their texts are masked and mended as the span's own are, and counted there.
func (b *Batch) encodeRaised(key encode.PartKey, r *encode.Resource, s *spanRow) {
	before := b.Delta
	p := b.raisedParts.At(key)
	texts := &b.raisedList
	for i, x := range b.raised {
		b.Begin(texts)
		service := b.Services.Key(r.TextIDs[encode.RunService])
		typ, message := b.Body[x.typ.Lo:x.typ.Hi], b.Body[x.message.Lo:x.message.Hi]
		known := b.printOf(alias(service), alias(typ), alias(message), alias(b.Body[x.stack.Lo:x.stack.Hi]))
		p.project.Add(b.Project)
		p.service.Add(r.TextIDs[encode.RunService])
		p.namespace.Add(r.TextIDs[encode.RunNamespace])
		p.env.Add(r.TextIDs[encode.RunEnv])
		p.version.Add(r.TextIDs[encode.RunVersion])
		p.operation.Add(s.name)
		p.typ.Add(b.TextID(b.raisedTexts, typ, encode.MaxName, texts, ""))
		p.place.Add(b.TextID(b.raisedTexts, []byte(known.place), encode.MaxName, texts, ""))
		p.message.Add(b.Plain(message, maxExceptionMessage, texts, ""))
		p.start.Add64(uint64(s.start))
		p.traceID.AddBytes(s.traceID)
		p.spanID.Add64(s.spanID)
		p.ordinal.Add16(uint16(i))
		p.fingerprint.Add64(known.fingerprint)
		p.escaped.Add8(x.escaped)
		p.weight.Add64(math.Float64bits(s.weight))
		p.rows++
	}
	b.Delta = before
}

// spanRow is what an exception takes from its span.
type spanRow struct {
	start   int64
	traceID []byte
	spanID  uint64
	name    uint32
	weight  float64
}

// exceptionColumns is the Go declaration of the exceptions table.
var exceptionColumns = []encode.Column[*Batch, *exceptionPart]{
	encode.Col("project", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) { encode.EmitIndex(w, b.Projects, &p.project, p.rows) }),
	encode.Col("start", encode.TypeTime, func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.start.Bytes()) }),
	encode.Col("trace_id", encode.TypeID, func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.traceID.Bytes()) }),
	encode.Col("span_id", "UInt64", func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.spanID.Bytes()) }),
	encode.Col("ordinal", "UInt16", func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.ordinal.Bytes()) }),
	encode.Col("fingerprint", "UInt64", func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.fingerprint.Bytes()) }),
	encode.Col("service", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) { encode.EmitIndex(w, b.Services, &p.service, p.rows) }),
	encode.Col("namespace", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) {
		encode.EmitIndex(w, b.Services, &p.namespace, p.rows)
	}),
	encode.Col("env", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) { encode.EmitIndex(w, b.Services, &p.env, p.rows) }),
	encode.Col("version", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) { encode.EmitIndex(w, b.Services, &p.version, p.rows) }),
	encode.Col("operation", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) { encode.EmitIndex(w, b.names, &p.operation, p.rows) }),
	encode.Col("type", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) { encode.EmitIndex(w, b.raisedTexts, &p.typ, p.rows) }),
	encode.Col("message", "String", func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.message.Bytes()) }),
	encode.Col("place", encode.TypeLC, func(w *native.Block, b *Batch, p *exceptionPart) {
		encode.EmitIndex(w, b.raisedTexts, &p.place, p.rows)
	}),
	encode.Col("escaped", "UInt8", func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.escaped.Bytes()) }),
	encode.Col("weight", "Float64", func(w *native.Block, _ *Batch, p *exceptionPart) { w.Data(p.weight.Bytes()) }),
	encode.Col("retention_days", "UInt16", func(w *native.Block, _ *Batch, p *exceptionPart) {
		p.retentionFill = encode.AppendRetention(p.retentionFill[:0], p.key.Retention, p.rows)
		w.Data(p.retentionFill)
	}),
	encode.Col("batch", encode.TypeBatchID, func(w *native.Block, b *Batch, p *exceptionPart) { w.Data(b.BatchIDs(p.rows)) }),
}

var exceptionNames = encode.Names(exceptionColumns)
