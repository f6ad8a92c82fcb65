package traces

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/traces/peer"
	"github.com/sightline/sightline/storage/traces/redact"
)

// DecoderVersion changes whenever the same request may become other rows. A cut keeps it: one that an older decoder made is
// verified, not made again.
const DecoderVersion = 1

// BatchID names a batch in every row of it: a little-endian UInt128, low half the journal's id, high half the time of the cut.
type BatchID [16]byte

// NewBatchID makes the id of a batch cut at a time out of a journal.
func NewBatchID(journal [8]byte, cut time.Time) (id BatchID) {
	copy(id[:8], journal[:])
	binary.LittleEndian.PutUint64(id[8:], uint64(cut.UnixNano()))
	return id
}

// Cut is when the batch was cut.
func (id BatchID) Cut() time.Time {
	return time.Unix(0, int64(binary.LittleEndian.Uint64(id[8:]))).UTC()
}

// String is the id as ClickHouse prints it and reads it in a parameter: a decimal number.
func (id BatchID) String() string {
	var be [16]byte
	for i, c := range id {
		be[15-i] = c
	}
	return new(big.Int).SetBytes(be[:]).String()
}

// DefaultRetentionDays is how long spans are kept where a Policy does not say.
const DefaultRetentionDays = 7

// Policy is all that decides, beside the request, which rows it becomes. It is kept with a cut, so that a replay makes the same.
type Policy struct {
	RetentionDays    uint16            `json:"retention_days"`              // 0: DefaultRetentionDays
	ServiceRetention map[string]uint16 `json:"service_retention,omitempty"` // days, by service.name
	Redact           bool              `json:"redact"`                      // mask secrets
}

func (p Policy) retention(service string) uint16 {
	if days := p.ServiceRetention[service]; days > 0 {
		return days
	}
	if p.RetentionDays == 0 {
		return DefaultRetentionDays
	}
	return p.RetentionDays
}

// longest is the longest retention in force: resources are kept as long, whoever names them.
func (p Policy) longest() uint16 {
	days := p.retention("")
	for _, d := range p.ServiceRetention {
		days = max(days, d)
	}
	return days
}

func (p Policy) equal(q Policy) bool {
	if p.RetentionDays != q.RetentionDays || p.Redact != q.Redact || len(p.ServiceRetention) != len(q.ServiceRetention) {
		return false
	}
	for service, days := range p.ServiceRetention {
		if other, ok := q.ServiceRetention[service]; !ok || other != days {
			return false
		}
	}
	return true
}

// Request is one acknowledged ExportTraceServiceRequest.
type Request struct {
	Project  string
	Received time.Time
	Body     []byte   // protobuf; not kept, not changed
	Rejected []uint32 // ordinals, in the order of the bytes, of spans that were not acknowledged; ascending
	Spans    int      // in the body, as far as the caller knows; a hint
}

// Batch turns requests into blocks: protobuf straight into columns, without an object per span or attribute. It is reused: what
// it gives out is valid until Reset. Not safe for concurrent use.
type Batch struct {
	id     BatchID
	policy Policy
	epoch  uint64 // counts Resets; stamps what is remembered of dictionaries

	// rows
	rows         int
	parts        map[partKey]*spanPart
	last         *spanPart // the part of the span before
	free         []*spanPart
	resourceRows *resourceRows
	index        []*indexRows
	indexTable   traceTable
	batchFill    []byte
	stats        []ProjectStats

	// dictionaries, shared by all partitions
	keys                             keyTable
	predicted                        [predictions]uint32 // by key and context: the next key
	projects, names, services        *native.Dict
	scopeTexts, peerTypes, peerNames *native.Dict
	evNames                          *native.Dict
	lifted                           [liftTexts]*native.Dict
	scopes                           []scope
	scopeByID                        map[[16]byte]uint32
	resources                        []*resource // of this batch; runs name them by their place
	known                            map[resourceKey]*resource
	knownLimit                       int

	// of the request that is being decoded
	body     []byte
	project  uint32
	received int64 // unix ns
	ordinal  uint32
	rejected []uint32
	marks    []mark
	delta    ProjectStats

	// of the span that is being decoded
	spanList, subList, topList, ownList attrList
	lists                               uint32 // attribute lists begun
	events, links                       []stretch
	moreEvents, moreLinks               uint32 // past the limits
	input                               peer.Input
	peers                               peer.Cache
	scrubber                            redact.Scrubber
	text, value                         []byte // scratch
	joined, entities                    []byte // scratch: a message that came in pieces; entity references
}

// stretch is a message inside the request.
type stretch struct{ lo, hi uint32 }

// NewBatch makes an empty batch.
func NewBatch(id BatchID, p Policy) *Batch {
	b := &Batch{
		keys:     newKeyTable(),
		projects: native.NewDict(), names: native.NewDict(), services: native.NewDict(),
		scopeTexts: native.NewDict(), peerTypes: native.NewDict(), peerNames: native.NewDict(), evNames: native.NewDict(),
		parts: map[partKey]*spanPart{}, resourceRows: newResourceRows(),
		known: map[resourceKey]*resource{}, scopeByID: map[[16]byte]uint32{},
	}
	for i := range b.lifted {
		b.lifted[i] = native.NewDict()
	}
	b.Reset(id, p)
	return b
}

// maxIdleBytes bounds what an emptied partition keeps of its values; a bigger one is let go.
const maxIdleBytes = 64 << 20

// Reset empties the batch for another. Memory stays, and so does the knowledge of resources that are stored.
func (b *Batch) Reset(id BatchID, p Policy) {
	if !b.policy.equal(p) || len(b.known) > maxKnown {
		clear(b.known) // rows would be others; or there are too many
	}
	b.knownLimit = maxKnown
	b.id, b.policy = id, p
	b.epoch++
	b.keys.reset()
	for _, d := range []*native.Dict{b.projects, b.names, b.services, b.scopeTexts, b.peerTypes, b.peerNames, b.evNames} {
		d.Reset()
	}
	for i := range b.lifted {
		b.lifted[i].Reset()
	}
	for key, part := range b.parts {
		part.cut(0)
		if len(b.free) < 8 && part.idle() <= maxIdleBytes {
			b.free = append(b.free, part)
		}
		delete(b.parts, key)
	}
	b.last, b.rows = nil, 0
	b.resources = b.resources[:0]
	b.resourceRows.reset()
	b.scopes = b.scopes[:0]
	clear(b.scopeByID)
	b.index = b.index[:0]
	b.lists = 0
	b.stats = b.stats[:0]
}

// Rows is the number of spans in the batch.
func (b *Batch) Rows() int { return b.rows }

// maxBody is the longest request in bytes: places in it are kept in 32 bits.
const maxBody = math.MaxInt32

// mark is how far a partition had come before a request.
type mark struct {
	part *spanPart
	rows int
}

// Append adds a request's spans. On an error the batch is as it was; errors.Is(err, ErrMalformed) tells a bad request, the only
// thing that can be wrong. The body is not kept.
func (b *Batch) Append(r Request) error {
	if len(r.Body) > maxBody {
		return fmt.Errorf("decode spans: %w: %d bytes", ErrMalformed, len(r.Body))
	}
	b.marks = b.marks[:0]
	for _, p := range b.parts {
		b.marks = append(b.marks, mark{p, p.rows})
	}
	rows, resources, stored := b.rows, len(b.resources), b.resourceRows.rows
	b.delta = ProjectStats{Project: r.Project}
	b.body, b.rejected, b.ordinal = r.Body, r.Rejected, 0
	b.received = min(max(r.Received.UnixNano(), 0), latest)
	b.project = b.projects.ID([]byte(r.Project))
	err := b.request()
	b.body, b.rejected, b.input = nil, nil, peer.Input{} // the recogniser's evidence lies in the body
	if err != nil {
		b.rollback(rows)
		b.forget(resources, stored)
		return fmt.Errorf("decode spans: %w", err)
	}
	b.account()
	return nil
}

// rollback undoes a request. What it left in dictionaries names no row and is harmless.
func (b *Batch) rollback(rows int) {
	for key, p := range b.parts {
		had := 0
		for _, m := range b.marks {
			if m.part == p {
				had = m.rows
			}
		}
		p.cut(had)
		if had == 0 {
			delete(b.parts, key)
			b.free = append(b.free, p)
		}
	}
	b.last, b.rows = nil, rows
}
