// Package encode turns OTLP protobuf into columns of ClickHouse's Native format, without an object per item or attribute. It is what
// the writers of spans, log records and data points share: the walk over resources and scopes, attribute lists and their values,
// limits, redaction, dictionaries, and the resources table. It knows no signal and talks to no database.
package encode

import (
	"fmt"
	"math"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode/redact"
)

const (
	// Day is a day in ns.
	Day = int64(24 * 60 * 60 * 1e9)
	// Latest is the last time that an item may have, unix ns: the start of 2100, before DateTime ends.
	Latest = 4102444800 * int64(1e9)
	// Future is how far a clock may be ahead, ns, before it is worth a word.
	Future = 10 * int64(60*1e9)
)

// Encoder is the shared part of a signal's batch: embed it. It is reused: what it gives out is valid until Reset. Not safe for
// concurrent use; make it with New.
type Encoder struct {
	ID     batch.ID
	Policy batch.Policy
	Epoch  uint64 // counts Resets; stamps what is remembered of dictionaries
	keep   func(batch.Policy) batch.Retention

	// Dictionaries, shared by all partitions.
	Keys                           KeyTable
	Projects, Services, ScopeTexts *native.Dict
	predicted                      [predictions]uint32 // by key and context: the next key
	scopes                         []scope
	scopeByID                      map[[16]byte]uint32
	Resources                      []*Resource // of this batch; runs name them by their place
	known                          map[resourceKey]*Resource
	knownLimit                     int
	resourceRows                   *resourceRows
	batchFill                      []byte
	stats                          []Stats

	// Of the request that is being decoded.
	Body     []byte
	Project  uint32
	Received int64 // unix ns
	Delta    Stats
	ordinal  uint32
	rejected []uint32

	// Scratch.
	OwnList          List   // for texts that are no item's
	topList          List   // of resources and scopes
	lists            uint32 // attribute lists begun
	scrubber         redact.Scrubber
	text, value      []byte
	joined, entities []byte // a message that came in pieces; entity references
}

// New makes an encoder. lifted are the attribute keys that have columns of their own, by the number that KeyInfo.Lift gives them; keep
// is the signal's part of a policy.
func New(id batch.ID, p batch.Policy, lifted map[string]uint8, keep func(batch.Policy) batch.Retention) Encoder {
	e := Encoder{
		keep:     keep,
		Keys:     newKeyTable(lifted),
		Projects: native.NewDict(), Services: native.NewDict(), ScopeTexts: native.NewDict(),
		resourceRows: newResourceRows(), known: map[resourceKey]*Resource{}, scopeByID: map[[16]byte]uint32{},
	}
	e.Reset(id, p)
	return e
}

// MaxIdleBytes bounds what an emptied partition keeps of its values; a bigger one is let go.
const MaxIdleBytes = 64 << 20

// Reset empties the encoder for another batch. Memory stays, and so does the knowledge of resources that are stored.
func (e *Encoder) Reset(id batch.ID, p batch.Policy) {
	if !e.Policy.Equal(p) || len(e.known) > maxKnown {
		clear(e.known) // rows would be others; or there are too many
	}
	e.knownLimit = maxKnown
	e.ID, e.Policy = id, p
	e.Epoch++
	e.Keys.reset()
	e.Projects.Reset()
	e.Services.Reset()
	e.ScopeTexts.Reset()
	e.Resources = e.Resources[:0]
	e.resourceRows.reset()
	e.scopes = e.scopes[:0]
	clear(e.scopeByID)
	e.lists = 0
	e.stats = e.stats[:0]
}

// maxBody is the longest request in bytes: places in it are kept in 32 bits.
const maxBody = math.MaxInt32

// Request decodes a request of any signal: item is called for every span, log record or metric, with where it lies in Body. After an
// error, whose errors.Is(err, ErrMalformed) tells a bad request, the encoder is as it was before; the caller undoes its own.
func (e *Encoder) Request(r batch.Request, item func(from *Source, lo, hi int) error) error {
	if len(r.Body) > maxBody {
		return fmt.Errorf("%w: %d bytes", ErrMalformed, len(r.Body))
	}
	resources, stored := len(e.Resources), e.resourceRows.rows
	e.Delta = Stats{Project: r.Project}
	e.Body, e.rejected, e.ordinal = r.Body, r.Rejected, 0
	e.Received = min(max(r.Received.UnixNano(), 0), Latest)
	e.Project = e.Projects.ID([]byte(r.Project))
	err := e.walk(item)
	e.Body, e.rejected = nil, nil
	if err != nil {
		e.forget(resources, stored)
		return err
	}
	e.account()
	return nil
}

// Rejected takes one item in document order and says whether it is one that was not acknowledged.
func (e *Encoder) Rejected() bool {
	ordinal := e.ordinal
	e.ordinal++
	if len(e.rejected) > 0 && e.rejected[0] == ordinal {
		e.rejected = e.rejected[1:]
		return true
	}
	return false
}
