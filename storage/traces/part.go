package traces

import (
	"math"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// spanPart is the rows of one partition. Columns whose name stands alone get a value with every row; the rest are filled with
// zeros up to a row that has one, so that what spans rarely have costs nothing.
type spanPart struct {
	key  encode.PartKey
	rows int
	runs encode.Runs

	// with every row
	start, traceID, spanID, parentID, kind, duration, class native.Fixed
	name                                                    native.Index
	attrs                                                   encode.StringMap

	// rare, or repeating
	flags, status, state                      native.Fixed
	droppedAttrs, droppedEvents, droppedLinks native.Fixed
	weight, httpStatus                        native.Fixed
	traceState, message                       native.Strings
	peerType, peerName                        native.Index
	ints, floats                              encode.NumberMap
	lifted                                    [liftTexts]native.Index

	events, links                           native.Offsets
	evTime, evDropped                       native.Fixed
	evName                                  native.Index
	evAttrs                                 encode.StringMap
	lnTraceID, lnSpanID, lnFlags, lnDropped native.Fixed
	lnState                                 native.Strings
	lnAttrs                                 encode.StringMap
	retentionFill                           []byte // of a whole column, made with the block
	block                                   native.Block
}

var oneWeight = math.Float64bits(1)

func newSpanPart() *spanPart {
	return &spanPart{
		start: native.NewFixed(8), traceID: native.NewFixed(16), spanID: native.NewFixed(8), parentID: native.NewFixed(8),
		kind: native.NewFixed(4), duration: native.NewFixed(8), class: native.NewFixed(1),
		flags: native.NewFixed(4), status: native.NewFixed(4), state: native.NewFixed(1),
		droppedAttrs: native.NewFixed(4), droppedEvents: native.NewFixed(4), droppedLinks: native.NewFixed(4),
		weight: native.NewFixed(8), httpStatus: native.NewFixed(2),
		ints: encode.NewNumberMap(), floats: encode.NewNumberMap(),
		evTime: native.NewFixed(8), evDropped: native.NewFixed(4),
		lnTraceID: native.NewFixed(16), lnSpanID: native.NewFixed(8), lnFlags: native.NewFixed(4), lnDropped: native.NewFixed(4),
	}
}

// Open begins the part of a partition.
func (p *spanPart) Open(key encode.PartKey) { p.key = key }

// Mark is the number of rows.
func (p *spanPart) Mark() int { return p.rows }

// Cut drops all but the first rows, and whatever a row that failed has left. It is for failures.
func (p *spanPart) Cut(rows int) {
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
	p.attrs.Cut(rows)
	p.ints.Cut(rows)
	p.floats.Cut(rows)

	p.events.Cut(rows)
	n := p.events.Total()
	p.evTime.Cut(n)
	p.evDropped.Cut(n)
	p.evName.Cut(n)
	p.evAttrs.Cut(n)

	p.links.Cut(rows)
	n = p.links.Total()
	for _, f := range []*native.Fixed{&p.lnTraceID, &p.lnSpanID, &p.lnFlags, &p.lnDropped} {
		f.Cut(n)
	}
	p.lnState.Cut(n)
	p.lnAttrs.Cut(n)

	p.rows = rows
	p.runs.Cut(rows)
}

// Idle is about how many bytes an emptied partition holds on to: its largest columns.
func (p *spanPart) Idle() int {
	return p.attrs.Bytes() + p.evAttrs.Bytes() + p.lnAttrs.Bytes() + cap(p.start.Bytes())
}
