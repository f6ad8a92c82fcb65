package loader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestMain(m *testing.M) {
	code := storagetest.Main(m) // the engine is for the benchmark only
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// scripted is a Writer whose answers the test gives.
type scripted struct {
	insert func(batch.Block) error
	count  func(batch.Block) (uint64, error)
}

func (s scripted) Insert(_ context.Context, b batch.Block, _ string) error { return s.insert(b) }
func (s scripted) Count(_ context.Context, _ batch.ID, b batch.Block) (uint64, error) {
	return s.count(b)
}

func (w *world) config(s Writer) Config {
	return Config{Journal: w.journal, Writer: s, Policy: batch.Policy{Retention: batch.Retention{Days: 30}}, StateFile: filepath.Join(w.dir, "state"), Delay: time.Millisecond}
}

func (scripted) Running(context.Context, batch.ID) (bool, error)   { return false, nil }
func (insertFunc) Running(context.Context, batch.ID) (bool, error) { return false, nil }

// start runs a loader; the returned function stops it.
func (w *world) start(cfg Config) (*Loader, func()) {
	w.t.Helper()
	l, err := New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	l.timing = timing{retry: backoff{first: time.Millisecond, limit: time.Millisecond}, probe: backoff{first: time.Millisecond, limit: time.Millisecond},
		patience: time.Minute, grace: 50 * time.Millisecond}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return l, func() {
		w.t.Helper()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				w.t.Error(err)
			}
		case <-time.After(time.Minute):
			w.t.Fatal("the loader does not end")
		}
	}
}

func (w *world) append(r journal.Record) {
	w.t.Helper()
	r.Signal, r.Project, r.Received = journal.SignalTraces, "shop", time.Now()
	if _, err := w.journal.Append(context.Background(), r); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) spans(n int) journal.Record {
	return journal.Record{Kind: journal.KindData, Items: uint32(n), Body: w.request("poison", n, "shop")} // one day, one block
}

func (w *world) drain(l *Loader) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := l.Drain(ctx); err != nil {
		w.t.Fatalf("drain: %v; %+v", err, l.Status())
	}
}

func (w *world) savedState() *state {
	w.t.Helper()
	s, _, err := readState(filepath.Join(w.dir, "state"), w.journal.ID())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// whole counts a block as stored once it was inserted.
func whole(seen *sync.Map) func(batch.Block) (uint64, error) {
	return func(b batch.Block) (uint64, error) {
		if _, ok := seen.Load(b.Table + b.Partition); ok {
			return uint64(b.Rows), nil
		}
		return 0, nil
	}
}

func TestCutIsDurableBeforeItsFirstInsert(t *testing.T) {
	w := newWorld(t, 1)
	var seen sync.Map
	var cuts atomic.Int32
	l, stop := w.start(w.config(scripted{
		insert: func(b batch.Block) error {
			s := w.savedState()
			if len(s.Cuts) != 1 || len(s.Cuts[0].Parts) != 1 || s.Cuts[0].Parts[0].Blocks[0].Rows != 7 {
				t.Errorf("at the INSERT into %s the state on disk is %+v", b.Table, s)
			}
			cuts.Add(1)
			seen.Store(b.Table+b.Partition, true)
			return nil
		},
		count: whole(&seen),
	}))
	w.append(w.spans(7))
	w.drain(l)
	stop()
	s := w.savedState()
	if cuts.Load() == 0 || len(s.Cuts) != 0 || s.Position != w.journal.End() || s.Totals[0].Stored != 7 {
		t.Errorf("after the checkpoint: %+v", s)
	}
}

func TestHalfStoredBatchIsQuarantinedAndTheQueueGoesOn(t *testing.T) {
	w := newWorld(t, 1)
	var seen sync.Map
	var spans atomic.Int32
	l, stop := w.start(w.config(scripted{
		insert: func(b batch.Block) error {
			if b.Kind == batch.Counted {
				spans.Add(1)
			}
			seen.Store(b.Table+b.Partition, true)
			return nil
		},
		count: func(b batch.Block) (uint64, error) {
			n, _ := whole(&seen)(b)
			if spans.Load() == 1 && n > 0 {
				return n - 1, nil
			}
			return n, nil
		},
	}))
	defer stop()
	w.append(w.spans(7))
	w.drain(l)
	w.append(w.spans(3))
	w.drain(l)
	got := l.Status()
	if total := got.Totals[0]; total.DeadLetter != 7 || total.Stored != 3 || !total.Balanced() || got.Alarms == 0 {
		t.Errorf("status %+v", got)
	}
	if n := w.buried(); n != 7 {
		t.Errorf("%d items in the dead-letter file, want 7", n)
	}
}

func TestSpansPastTheirRetentionAreCountedNotAwaited(t *testing.T) {
	w := newWorld(t, 1)
	r := w.spans(5)
	cfg := w.config(scripted{
		insert: func(b batch.Block) error {
			if b.Kind == batch.Counted {
				t.Errorf("%d rows of %s are sent", b.Rows, b.Partition)
			}
			return nil
		},
		count: func(batch.Block) (uint64, error) { return 0, nil },
	})
	cfg.Policy.Days = 1
	r.Body = oldRequest(t, 5)
	w.append(r)
	l, stop := w.start(cfg)
	defer stop()
	w.drain(l)
	if total := l.Status().Totals[0]; total.Rejected[ReasonExpired] != 5 || total.Stored != 0 || !total.Balanced() {
		t.Errorf("totals %+v", total)
	}
}

func TestRunningInsertIsNeverCancelled(t *testing.T) {
	w := newWorld(t, 1)
	started, release, cancelled := make(chan struct{}), make(chan struct{}), make(chan bool, 1)
	var once sync.Once
	l, stop := w.start(w.config(insertFunc(func(ctx context.Context, b batch.Block) error {
		once.Do(func() { close(started) })
		<-release
		cancelled <- ctx.Err() != nil
		return errors.New("gone")
	})))
	w.append(w.spans(1))
	<-started
	stop() // it does not wait for ever either
	close(release)
	if <-cancelled {
		t.Error("the INSERT's context was cancelled")
	}
	if s := w.savedState(); len(s.Cuts) != 1 {
		t.Errorf("the cut is forgotten: %+v", s)
	}
	_ = l
}

type insertFunc func(context.Context, batch.Block) error

func (f insertFunc) Insert(ctx context.Context, b batch.Block, _ string) error { return f(ctx, b) }
func (f insertFunc) Count(context.Context, batch.ID, batch.Block) (uint64, error) {
	return 0, conn.ErrUnavailable
}

func TestNextBatchIsDecodedWhileOneIsInserted(t *testing.T) {
	w := newWorld(t, 1)
	release := make(chan struct{})
	var seen sync.Map
	cfg := w.config(scripted{
		insert: func(b batch.Block) error {
			<-release
			seen.Store(b.Table+b.Partition, true)
			return nil
		},
		count: whole(&seen),
	})
	cfg.Rows = 4
	for range 3 {
		w.append(w.spans(4))
	}
	l, stop := w.start(cfg)
	defer stop()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		n := len(l.progress.waiting)
		l.mu.Unlock()
		if n == 2 { // one at its INSERT, one decoded; no third, that would be memory without end
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d batches are on their way, want 2", n)
		}
	}
	if s := l.Status(); s.State != StateLoading || s.Lag <= 0 || s.Totals[0].InJournal != 12 {
		t.Errorf("status %+v", s)
	}
	close(release)
	w.drain(l)
	if s := l.Status(); s.State != StateIdle || s.Lag != 0 || s.Totals[0].InJournal != 0 || s.Totals[0].Stored != 12 {
		t.Errorf("status %+v", s)
	}
}

func TestBatchIDIsOfTheTimeWhenItsRecordsCame(t *testing.T) {
	w := newWorld(t, 1)
	var seen sync.Map
	var cut atomic.Int64
	l, stop := w.start(w.config(scripted{
		insert: func(b batch.Block) error {
			id := w.savedState().Cuts[0].Parts[0].id
			cut.Store(id.Cut().UnixNano())
			seen.Store(b.Table+b.Partition, true)
			return nil
		},
		count: whole(&seen),
	}))
	defer stop()
	w.drain(l) // the batch that waits for records is begun by now
	before := time.Now()
	w.append(w.spans(1))
	w.drain(l)
	if at := time.Unix(0, cut.Load()); at.Before(before) {
		t.Errorf("the batch's id says %v, its records came after %v", at, before)
	}
}

func TestStateOfAnotherJournalOrALaterVersionIsRefused(t *testing.T) {
	f := func(change func(*state), want string) {
		t.Helper()
		w := newWorld(t, 1)
		s := w.savedState()
		change(s)
		payload, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, "state"), seal(payload), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(w.config(nil)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want %q in it", err, want)
		}
	}
	f(func(s *state) { s.Version = stateVersion + 1 }, "newer sightline")
	f(func(s *state) { s.Journal, s.Cuts = "ff", []cutRecord{{Parts: []part{{}}}} }, "put that journal back")
}

// What was masked is counted with the batch, and the count outlives the process.
func TestMaskedSecretsAreCountedOverRestarts(t *testing.T) {
	w := newWorld(t, 1)
	var seen sync.Map
	cfg := w.config(scripted{
		insert: func(b batch.Block) error { seen.Store(b.Table+b.Partition, true); return nil },
		count:  whole(&seen),
	})
	cfg.Policy.Redact = true
	for n := byte(1); n <= 2; n++ {
		seen.Clear()
		l, stop := w.start(cfg)
		w.append(journal.Record{Kind: journal.KindData, Items: 1, Body: secretRequest(t, n)})
		w.drain(l)
		if total := l.Status().Totals[0]; total.Redacted != uint64(n) || total.Sanitized["self_parent"] != uint64(n) || total.Stored != uint64(n) || !total.Balanced() {
			t.Errorf("after %d: %+v", n, total)
		}
		stop()
	}
}

// secretRequest is a span that is its own parent and knows a password.
func secretRequest(t *testing.T, id byte) []byte {
	td := ptrace.NewTraces()
	s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID{id})
	s.SetSpanID(pcommon.SpanID{id})
	s.SetParentSpanID(pcommon.SpanID{id})
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	s.SetEndTimestamp(s.StartTimestamp())
	s.Attributes().PutStr("http.request.header.authorization", "Bearer not-for-you")
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return body
}
