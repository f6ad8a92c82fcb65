package logs

import (
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// recordPart is the rows of one partition. Columns whose name stands alone get a value with every row; the rest are filled with
// zeros up to a row that has one, so that what records rarely have costs nothing.
type recordPart struct {
	key  encode.PartKey
	rows int
	runs encode.Runs

	// with every row
	time, sent, observedOffset, severity, seq native.Fixed
	severityText                              native.Index
	body                                      native.Strings
	attrs                                     encode.StringMap

	// rare, or absent from all records of many services
	timeOffset, traceID, spanID, flags, droppedAttrs native.Fixed
	eventName                                        native.Index
	ints, floats                                     encode.NumberMap

	retentionFill []byte // of a whole column, made with the block
	block         native.Block
}

func newRecordPart() *recordPart {
	return &recordPart{
		time: native.NewFixed(8), sent: native.NewFixed(1), observedOffset: native.NewFixed(8), severity: native.NewFixed(4), seq: native.NewFixed(4),
		timeOffset: native.NewFixed(8), traceID: native.NewFixed(16), spanID: native.NewFixed(8), flags: native.NewFixed(4),
		droppedAttrs: native.NewFixed(4), ints: encode.NewNumberMap(), floats: encode.NewNumberMap(),
	}
}

// Open begins the part of a partition.
func (p *recordPart) Open(key encode.PartKey) { p.key = key }

// Mark is the number of rows.
func (p *recordPart) Mark() int { return p.rows }

// Cut drops all but the first rows, and whatever a row that failed has left. It is for failures.
func (p *recordPart) Cut(rows int) {
	for _, f := range []*native.Fixed{
		&p.time, &p.sent, &p.observedOffset, &p.severity, &p.seq, &p.timeOffset, &p.traceID, &p.spanID, &p.flags, &p.droppedAttrs,
	} {
		f.Cut(rows)
	}
	p.severityText.Cut(rows)
	p.eventName.Cut(rows)
	p.body.Cut(rows)
	p.attrs.Cut(rows)
	p.ints.Cut(rows)
	p.floats.Cut(rows)
	p.rows = rows
	p.runs.Cut(rows)
}

// Idle is about how many bytes an emptied partition holds on to: its largest columns.
func (p *recordPart) Idle() int { return p.attrs.Bytes() + cap(p.body.Bytes()) + cap(p.time.Bytes()) }
