package logs

import (
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/redact"
)

// Bits of the column `sent`.
const (
	sentTime     = 1 // time_unix_nano is not 0
	sentObserved = 2 // observed_time_unix_nano is not 0
)

// record decodes one LogRecord, b.Body[lo:hi], and appends it to its partition, unless it was rejected.
func (b *Batch) record(from *encode.Source, lo, hi int) error {
	if b.Rejected() {
		return nil
	}
	resource, err := b.Resource(from)
	if err != nil {
		return err
	}
	l := &b.list
	b.Begin(l)
	l.Context = 0
	var r rawRecord
	if err := b.decodeRecord(&r, lo, hi); err != nil {
		return err
	}
	at := b.time(&r, l)
	p := b.parts.At(encode.PartKey{Retention: resource.Retention, Day: int32(at / encode.Day)})
	row := p.rows

	// Texts first: what they have to say about the record is an attribute of it.
	severity := b.TextID(b.severities, b.In(r.severityText), encode.MaxName, l, "severity_text")
	event := b.TextID(b.eventNames, b.In(r.eventName), encode.MaxName, l, "event_name")
	body, err := b.LogBody(&r.body, l)
	if err != nil {
		return err
	}
	p.body.Add(body)
	if err := b.encodeAttrs(p, row, l); err != nil {
		return err
	}
	b.encodeTimes(p, row, &r, at)
	p.severity.Add32(uint32(r.severity))
	p.severityText.Add(severity)
	p.seq.Add32(uint32(b.rows))
	if event != 0 {
		p.eventName.Set(row, event)
	}
	if !r.traceID.Empty() {
		p.traceID.Pad(row)
		p.traceID.AddBytes(b.In(r.traceID))
	}
	if r.spanID != 0 {
		p.spanID.Pad(row)
		p.spanID.Add64(r.spanID)
	}
	if r.flags != 0 {
		p.flags.Set32(row, r.flags)
	}
	if n := encode.Sum(r.droppedAttrs, l.Dropped); n != 0 {
		p.droppedAttrs.Set32(row, n)
	}
	p.rows++
	p.runs.Extend(b.Project, resource, from.Scope)
	b.rows++
	b.Count(l.Reasons)
	return nil
}

// time is the record's time, ns: its own, else when it was observed, else when it was received. What no clock can have meant is
// passed over.
func (b *Batch) time(r *rawRecord, l *encode.List) int64 {
	at := b.Received
	switch {
	case r.time != 0 && r.time < uint64(encode.Latest):
		at = int64(r.time)
	case r.observed != 0 && r.observed < uint64(encode.Latest):
		at = int64(r.observed)
	case r.time == 0 && r.observed == 0:
		l.Reasons |= encode.TsMissing
	}
	if r.time >= uint64(encode.Latest) || r.observed >= uint64(encode.Latest) {
		l.Reasons |= encode.TsRange
	}
	if b.Received != 0 && at > b.Received+encode.Future {
		l.Reasons |= encode.TsFuture
	}
	return at
}

// encodeTimes appends the times.
func (b *Batch) encodeTimes(p *recordPart, row int, r *rawRecord, at int64) {
	sent, observed := uint8(0), uint64(0)
	if r.time != 0 {
		sent |= sentTime
		if offset := r.time - uint64(at); offset != 0 {
			p.timeOffset.Pad(row)
			p.timeOffset.Add64(offset)
		}
	}
	if r.observed != 0 {
		sent |= sentObserved
		observed = r.observed - uint64(at)
	}
	p.time.Add64(uint64(at))
	p.sent.Add8(sent)
	p.observedOffset.Add64(observed)
}

// encodeAttrs appends the record's attributes to its maps.
func (b *Batch) encodeAttrs(p *recordPart, row int, l *encode.List) error {
	texts, ints, floats := p.attrs.Len(), p.ints.Len(), p.floats.Len()
	for i := range l.Attrs() {
		a := &l.Attrs()[i]
		secret := b.Keys.Info[a.Key].Secret
		switch a.Typ {
		case encode.AnyString:
			b.AddText(&p.attrs, a, b.Body[a.Lo:a.Hi], secret, l)
		case encode.AnyInt:
			if int64(a.Num) >= 1e12 && b.Policy.Redact && redact.Number(int64(a.Num)) {
				b.Delta.Redacted++
				p.attrs.Add(a.Key, []byte(redact.Mask))
			} else {
				p.ints.Add(a.Key, a.Num)
			}
		case encode.AnyDouble:
			p.floats.Add(a.Key, a.Num)
		default:
			if err := b.AddOther(&p.attrs, b.Body, a, secret, l); err != nil {
				return err
			}
		}
	}
	if l.Reasons != 0 {
		b.Annotate(&p.attrs, &p.ints, l)
	}
	p.attrs.End(texts)
	p.ints.End(row, ints)
	p.floats.End(row, floats)
	return nil
}
