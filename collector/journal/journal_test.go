package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, cfg journal.Config) *journal.Journal {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Reserve == 0 {
		cfg.Reserve = -1
	}
	if testing.Verbose() && cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	j, err := journal.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func data(j *journal.Journal, n int, body []byte) journal.Record {
	return journal.Record{
		Kind: journal.KindData, Signal: journal.SignalTraces, Project: "default", Received: time.Now().UTC(), LimitsVersion: 1,
		IngestID: j.IngestID("default", journal.SignalTraces, body), Items: uint32(n), Body: body,
	}
}

func add(t testing.TB, j *journal.Journal, r journal.Record) journal.Position {
	t.Helper()
	pos, err := j.Append(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// readAll is every record that is there now, bodies copied.
func readAll(t testing.TB, j *journal.Journal, from journal.Position) []journal.Entry {
	t.Helper()
	r := j.Reader(from)
	defer r.Close()
	var out []journal.Entry
	for {
		e, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		e.Record.Body = bytes.Clone(e.Record.Body)
		out = append(out, e)
	}
}

func body(i, size int) []byte {
	return append(fmt.Appendf(nil, "body %06d ", i), bytes.Repeat([]byte{byte(i)}, size)...)
}

func TestRecordsComeBackAsTheyWentInAcrossAReopen(t *testing.T) {
	t.Parallel()
	for _, codec := range []journal.Codec{journal.CodecNone, journal.CodecS2} {
		cfg := journal.Config{Dir: t.TempDir(), SegmentBytes: 4 << 10, Codec: codec}
		j := open(t, cfg)
		want := []journal.Record{}
		var ends []journal.Position
		for i := range 50 {
			r := data(j, i, body(i, i*20))
			r.Project = fmt.Sprint("p", i%3)
			if i%7 == 3 {
				r.Rejected = []uint32{0, 5, 6, 1 << 20}
				r.Reasons = map[string]uint32{"invalid_trace_id": 3, "ts_future": 1}
			}
			want = append(want, r)
			ends = append(ends, add(t, j, r))
		}
		check := func(j *journal.Journal) {
			t.Helper()
			got := readAll(t, j, journal.Position{})
			if len(got) != len(want) {
				t.Fatalf("read %d records, want %d", len(got), len(want))
			}
			for i, e := range got {
				if fmt.Sprint(e.Record) != fmt.Sprint(want[i]) {
					t.Errorf("record %d is\n%v, want\n%v", i, e.Record, want[i])
				}
				if e.End != ends[i] || !e.Start.Before(e.End) {
					t.Errorf("record %d lies at %v to %v, want to end at %v", i, e.Start, e.End, ends[i])
				}
			}
			if rest := readAll(t, j, ends[30]); len(rest) != 19 {
				t.Errorf("%d records after the 31st, want 19", len(rest))
			}
		}
		check(j)
		id := j.ID()
		j.Close()
		if _, err := j.Append(context.Background(), want[0]); !errors.Is(err, journal.ErrClosed) {
			t.Errorf("append after close: %v", err)
		}
		j = open(t, cfg)
		if j.ID() != id {
			t.Error("the id changed")
		}
		check(j)
		if st := j.Stats(); st.CorruptUnits != 0 || st.TornBytes != 0 || st.Segments < 2 {
			t.Errorf("after a clean close: %+v", st)
		}
		j.Close()
	}
}

// TestConcurrentAppendsShareSyncs holds a record's sync until others wait, and wants one for all of those.
func TestConcurrentAppendsShareSyncs(t *testing.T) {
	t.Parallel()
	var hold atomic.Bool
	held, goOn := make(chan struct{}), make(chan struct{})
	j := open(t, journal.Config{Failpoint: func(name string) {
		if name == journal.FailWriteAfter && hold.CompareAndSwap(true, false) {
			held <- struct{}{}
			<-goOn
		}
	}})
	const writers, rounds = 16, 50
	for round := range rounds {
		var wg sync.WaitGroup
		write := func(n int) {
			wg.Go(func() {
				if _, err := j.Append(context.Background(), data(j, 1, body(round*1000+n, 100))); err != nil {
					t.Error(err)
				}
			})
		}
		before := j.Stats().Syncs
		hold.Store(true)
		write(0)
		<-held
		for n := range writers {
			write(n + 1)
		}
		for deadline := time.Now().Add(time.Minute); j.Queued() < writers && time.Now().Before(deadline); {
			time.Sleep(100 * time.Microsecond)
		}
		goOn <- struct{}{}
		wg.Wait()
		if n := j.Stats().Syncs - before; n != 2 {
			t.Errorf("%d syncs for a record and then %d together", n, writers)
		}
	}
	if got := readAll(t, j, journal.Position{}); len(got) != rounds*(writers+1) {
		t.Errorf("read %d records, want %d", len(got), rounds*(writers+1))
	}
}

func TestReaderWaitsForRecordsAndEndsWithTheJournal(t *testing.T) {
	t.Parallel()
	j := open(t, journal.Config{})
	got := make(chan string)
	go func() {
		defer close(got)
		for e, err := range j.Read(context.Background(), journal.Position{}) {
			if err != nil {
				t.Error(err)
				return
			}
			got <- string(e.Record.Body)
		}
	}()
	for i := range 5 {
		add(t, j, data(j, 1, body(i, 0)))
		if b := <-got; b != string(body(i, 0)) {
			t.Errorf("read %q", b)
		}
	}
	j.Close()
	if b, ok := <-got; ok {
		t.Errorf("read %q after the end", b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	k := open(t, journal.Config{})
	r := k.Reader(journal.Position{})
	defer r.Close()
	if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled read: %v", err)
	}
}
