package erase

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/traces"
)

// States of a deletion.
const (
	Waiting  = "waiting"  // for earlier ones, and until what was received is stored
	Deleting = "deleting" // rows go
	Cleaning = "cleaning" // no query finds them; the files that held them are still on disk
	Done     = "done"
)

// Deletion is one request to delete, and what has become of it.
type Deletion struct {
	ID      string     `json:"id"`
	Project string     `json:"project"`
	By      string     `json:"by"`
	Created time.Time  `json:"created"`
	Reason  string     `json:"reason"`
	TraceID string     `json:"trace_id,omitempty"` // one trace, or
	Filter  string     `json:"filter,omitempty"`   // every trace with a span that it matches, and every log record
	From    time.Time  `json:"from"`
	To      time.Time  `json:"to"`
	State   string     `json:"state"`
	Error   string     `json:"error,omitempty"` // of the last try; it is tried again
	Spans   uint64     `json:"spans"`
	Traces  uint64     `json:"traces"`
	Logs    uint64     `json:"logs"`
	Hidden  *time.Time `json:"hidden,omitempty"` // from then on no query finds them
	Gone    *time.Time `json:"gone,omitempty"`   // from then on no file of the database holds them
}

// Config says what an Eraser needs; all is required but the fields from Log on.
type Config struct {
	DB     *conn.DB
	Traces *traces.Reader
	Logs   *logs.Reader
	State  []byte             // what Save was last given; nil: nothing yet
	Save   func([]byte) error // makes the state durable
	// Settled returns, when all that was received before is stored for good, an id that is higher than that of any batch of it.
	Settled func(ctx context.Context) (batch.ID, error)
	Log     *slog.Logger
	Chunk   int           // traces, or log records, that go at once [20,000]
	Every   time.Duration // between two looks at what the engine does [1 s]
}

// Eraser does deletions one after the other, over restarts. Safe for concurrent use.
type Eraser struct {
	cfg   Config
	store *Store
	kick  chan struct{}

	mu   sync.Mutex
	list []Deletion // oldest first
}

type state struct {
	Format    int        `json:"format"`
	Deletions []Deletion `json:"deletions"`
}

const (
	stateFormat = 1
	maxHistory  = 1000
	tryAgain    = 15 * time.Second
)

// Open reads the state.
func Open(cfg Config) (*Eraser, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Chunk == 0 {
		cfg.Chunk = 20_000
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	e := &Eraser{cfg: cfg, store: NewStore(cfg.DB), kick: make(chan struct{}, 1)}
	if cfg.State != nil {
		var s state
		if err := json.Unmarshal(cfg.State, &s); err != nil {
			return nil, fmt.Errorf("read deletions: %w", err)
		}
		if s.Format > stateFormat {
			return nil, fmt.Errorf("read deletions: they have format %d, this program knows %d; run that version or a later one", s.Format, stateFormat)
		}
		e.list = s.Deletions
	}
	return e, nil
}

// Request is what a person asks for: a trace, or a filter in the short form over a range.
type Request struct {
	Project, By, Reason string
	TraceID             traces.TraceID
	Filter              filter.Expr
	From, To            time.Time
}

// Plan counts what a request would delete as of now. Of more traces or records than are deleted at once it counts so many, and says so.
func (e *Eraser) Plan(ctx context.Context, q Request) (d Deletion, more bool, err error) {
	d = describe(q)
	before := batch.NewID([8]byte{}, time.Now().Add(time.Hour))
	found := []traces.TraceID{q.TraceID}
	if q.Filter != nil {
		if found, err = e.cfg.Traces.Matching(ctx, q.Project, traces.Range{From: q.From, To: q.To}, q.Filter, before, e.cfg.Chunk); err != nil {
			return d, false, err
		}
		list, err := e.cfg.Logs.Matching(ctx, q.Project, q.From, q.To, q.Filter, before, e.cfg.Chunk)
		if err != nil {
			return d, false, err
		}
		d.Logs, more = uint64(len(list)), len(found) == e.cfg.Chunk || len(list) == e.cfg.Chunk
		if len(list) > 0 && len(found) > 0 { // those of the traces are counted below
			others, err := e.store.count(ctx, q.Project, "logs", byRecord+" AND NOT "+byTrace, before, records(list), ids(found))
			if err != nil {
				return d, false, err
			}
			d.Logs = others
		}
	}
	if len(found) == 0 {
		return d, more, nil
	}
	if d.Spans, err = e.store.count(ctx, q.Project, "spans", byTrace, before, ids(found)); err != nil {
		return d, false, err
	}
	ofTraces, err := e.store.count(ctx, q.Project, "logs", byTrace, before, ids(found))
	d.Logs += ofTraces
	if d.Traces = uint64(len(found)); d.Spans == 0 {
		d.Traces = 0
	}
	return d, more, err
}

func describe(q Request) Deletion {
	d := Deletion{Project: q.Project, By: q.By, Reason: q.Reason, From: q.From.UTC(), To: q.To.UTC(), State: Waiting, Created: time.Now().UTC()}
	if q.Filter != nil {
		d.Filter = q.Filter.String()
	} else {
		d.TraceID = q.TraceID.String()
	}
	return d
}

// Add notes a request durably; it is done in its turn.
func (e *Eraser) Add(q Request) (Deletion, error) {
	d := describe(q)
	var id [8]byte
	_, _ = rand.Read(id[:])
	d.ID = hex.EncodeToString(id[:])
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.save(append(slices.Clone(e.list), d)); err != nil {
		return Deletion{}, err
	}
	select {
	case e.kick <- struct{}{}:
	default:
	}
	return d, nil
}

// List is what was asked for, newest first.
func (e *Eraser) List(project string) []Deletion {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := []Deletion{}
	for _, d := range slices.Backward(e.list) {
		if d.Project == project {
			out = append(out, d)
		}
	}
	return out
}

// Deleted is how many items of each signal of a project were deleted.
func (e *Eraser) Deleted(project string) (spans, records uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.list {
		if d.Project == project {
			spans, records = spans+d.Spans, records+d.Logs
		}
	}
	return spans, records
}

// save makes a list durable and then takes it. The caller holds mu.
func (e *Eraser) save(list []Deletion) error {
	for i := 0; len(list) > maxHistory && i < len(list); {
		if list[i].State == Done {
			list = slices.Delete(list, i, i+1)
		} else {
			i++
		}
	}
	data, err := json.MarshalIndent(state{stateFormat, list}, "", "  ")
	if err == nil {
		err = e.cfg.Save(data)
	}
	if err != nil {
		return fmt.Errorf("write deletions: %w", err)
	}
	e.list = list
	return nil
}

// update changes a deletion durably.
func (e *Eraser) update(id string, change func(*Deletion)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := slices.Clone(e.list)
	i := slices.IndexFunc(list, func(d Deletion) bool { return d.ID == id })
	if i < 0 {
		return errors.New("the deletion is not there any more")
	}
	change(&list[i])
	return e.save(list)
}
