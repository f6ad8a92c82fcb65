package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/journal"
)

// clock is a time that tests move.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

func once(t testing.TB, j *journal.Journal, r journal.Record) journal.Receipt {
	t.Helper()
	got, err := j.AppendOnce(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRetryWithinTheWindowAddsNothingAlsoAcrossRestarts(t *testing.T) {
	t.Parallel()
	c := newClock()
	cfg := journal.Config{Dir: t.TempDir(), Now: c.now}
	j := open(t, cfg)
	r := data(j, 5, body(1, 100))
	r.Received = c.now()
	r.Rejected, r.Reasons = []uint32{2}, map[string]uint32{"ts_future": 1}
	if got := once(t, j, r); got.Duplicate || got.Items != 5 {
		t.Errorf("the first gives %+v", got)
	}
	other := r
	other.Project = "other"
	other.IngestID = j.IngestID("other", journal.SignalTraces, r.Body)
	if got := once(t, j, other); got.Duplicate {
		t.Error("the same bytes of another project are a duplicate")
	}
	retry := func() journal.Receipt {
		again := r
		again.Received, again.Reasons, again.Rejected, again.Items = c.now(), nil, nil, 6 // by then the future has come
		return once(t, j, again)
	}
	reopen := func(crash bool) {
		if crash {
			cfg.Dir = copyDir(t, cfg.Dir)
		}
		j.Close()
		j = open(t, cfg)
	}
	for i, step := range []time.Duration{0, 5 * time.Minute, 5 * time.Minute, 4*time.Minute + 59*time.Second} {
		c.advance(step)
		if got := retry(); !got.Duplicate || got.Items != 5 || !reflect.DeepEqual(got.Reasons, r.Reasons) {
			t.Errorf("retry %d gives %+v", i, got)
		}
		reopen(i%2 == 0)
	}
	entries := readAll(t, j, journal.Position{})
	if len(entries) != 6 || entries[2].Record.Kind != journal.KindCounts || entries[2].Record.Deduplicated != 5 {
		t.Errorf("%d records, the third %+v", len(entries), entries[2].Record)
	}
	tally, err := j.Tally(journal.Position{})
	if err != nil {
		t.Fatal(err)
	}
	got := tally[journal.Account{Signal: journal.SignalTraces, Project: "default"}]
	if got.Items != 5 || got.Deduplicated != 20 || got.Rejected["ts_future"] != 5 || got.Received() != 30 {
		t.Errorf("tally %+v", got)
	}
	c.advance(2 * time.Minute)
	if got := retry(); got.Duplicate {
		t.Error("17 minutes later it is still a duplicate")
	}
}

func TestRetryDuringTheFirstsCommitWaitsForItsResult(t *testing.T) {
	t.Parallel()
	for _, fail := range []bool{false, true} {
		var syncing atomic.Int32
		hold := make(chan struct{})
		j := open(t, journal.Config{Create: func(path string) (journal.File, error) {
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
			return holdFile{f, &syncing, hold, fail}, err
		}})
		r := data(j, 5, body(1, 100))
		var wg sync.WaitGroup
		var duplicates, errs atomic.Int32
		start := syncing.Load()
		for range 8 {
			wg.Go(func() {
				got, err := j.AppendOnce(context.Background(), r)
				if err != nil {
					errs.Add(1)
				} else if got.Duplicate {
					duplicates.Add(1)
				}
			})
		}
		eventually(t, "the first one's sync", func() bool { return syncing.Load() > start })
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := j.AppendOnce(ctx, r); !errors.Is(err, context.Canceled) {
			t.Errorf("a waiter whose client went: %v", err)
		}
		close(hold)
		wg.Wait()
		if fail && errs.Load() == 0 || !fail && (errs.Load() != 0 || duplicates.Load() != 7) {
			t.Errorf("fail %v: %d duplicates, %d errors", fail, duplicates.Load(), errs.Load())
		}
		stored := 0
		for _, e := range readAll(t, j, journal.Position{}) {
			stored += int(e.Record.Items)
		}
		if stored > 5 {
			t.Errorf("fail %v: %d items stored", fail, stored)
		}
		j.Close()
	}
}

// holdFile waits in the sync of the first record.
type holdFile struct {
	*os.File
	syncing *atomic.Int32
	hold    chan struct{}
	fail    bool
}

func (f holdFile) Sync() error {
	if n := f.syncing.Add(1); n < 2 {
		return nil // the header
	} else if n > 2 {
		return nil
	}
	<-f.hold
	if f.fail {
		return errors.New("input/output error")
	}
	return nil
}

func TestJournalIsBoundedAndTakesRecordsAgain(t *testing.T) {
	t.Parallel()
	c := newClock()
	cfg := journal.Config{Dir: t.TempDir(), MaxBytes: 64 << 10, SegmentBytes: 8 << 10, Now: c.now, Codec: journal.CodecNone}
	j := open(t, cfg)
	first := data(j, 1, body(0, 1000))
	first.Received = c.now()
	once(t, j, first)
	fill := func() (n int) {
		for ; n < 1000; n++ {
			r := data(j, 1, body(n+1, 1000))
			r.Received = c.now()
			if _, err := j.Append(context.Background(), r); err != nil {
				if !errors.Is(err, journal.ErrFull) {
					t.Fatal(err)
				}
				return n
			}
		}
		return n
	}
	if n := fill(); n < 40 || n > 64 {
		t.Errorf("%d records of 1.1 KB in 64 KiB", n)
	}
	if st := j.Stats(); !st.Full || !j.Full() || st.Bytes > 64<<10 || st.OldestUnreleased != c.now() {
		t.Errorf("full: %+v", st)
	}
	j.Release(j.End())
	if !j.Stats().OldestUnreleased.IsZero() {
		t.Error("something is still said to be unloaded")
	}
	for round := range 5 { // released segments give way; the ids in them stay
		if n := fill(); round == 0 && n < 40 {
			t.Errorf("only %d records after everything was released", n)
		}
		j.Release(j.End())
		if st := j.Stats(); st.Bytes > 66<<10 {
			t.Errorf("%d bytes", st.Bytes)
		}
	}
	if got := once(t, j, first); !got.Duplicate {
		t.Error("the first id was forgotten with its segment")
	}
	j.Release(j.End())
	j.Close()
	j = open(t, cfg)
	if got := once(t, j, first); !got.Duplicate {
		t.Error("the first id was forgotten over a restart")
	}
	c.advance(17 * time.Minute)
	j.Release(j.End())
	eventually(t, "released segments go once past the window", func() bool { return len(segments(t, cfg.Dir)) == 1 })
	if b := j.Stats().Bytes; b > 1<<10 {
		t.Errorf("%d bytes left", b)
	}
}

func TestReserveOfTheDiskIsRespected(t *testing.T) {
	t.Parallel()
	var free atomic.Uint64
	free.Store(10 << 20)
	j := open(t, journal.Config{Reserve: 1 << 20, Free: func(string) (uint64, error) { return free.Load(), nil }})
	add(t, j, data(j, 1, body(1, 100)))
	free.Store(1 << 20)
	eventually(t, "refusal", func() bool {
		_, err := j.Append(context.Background(), data(j, 1, body(1, 100)))
		return errors.Is(err, journal.ErrFull)
	})
	free.Store(10 << 20)
	eventually(t, "room again", func() bool {
		_, err := j.Append(context.Background(), data(j, 1, body(1, 100)))
		return err == nil
	})
}

func TestTallyCountsFromAPositionOn(t *testing.T) {
	t.Parallel()
	j := open(t, journal.Config{SegmentBytes: 2 << 10, Codec: journal.CodecNone})
	var ends []journal.Position
	for i := range 30 {
		r := data(j, i, body(i, 200))
		r.Project = fmt.Sprint("p", i%2)
		r.Reasons = map[string]uint32{"ts_expired": 2}
		ends = append(ends, add(t, j, r))
	}
	for n, from := range ends {
		want := [2]uint64{}
		for i := n + 1; i < 30; i++ {
			want[i%2] += uint64(i)
		}
		got, err := j.Tally(from)
		if err != nil {
			t.Fatal(err)
		}
		for p, items := range want {
			if g := got[journal.Account{Signal: 1, Project: fmt.Sprint("p", p)}]; g.Items != items || g.Rejected["ts_expired"] != 2*g.Records {
				t.Errorf("from record %d on project p%d has %+v, want %d items", n+1, p, g, items)
			}
		}
	}
}

func TestSeenSaysWhatIsDurable(t *testing.T) {
	t.Parallel()
	j := open(t, journal.Config{})
	r := data(j, 1, body(1, 1))
	if j.Seen(r.IngestID) {
		t.Error("seen before it came")
	}
	once(t, j, r)
	if !j.Seen(r.IngestID) {
		t.Error("not seen after it came")
	}
	r.IngestID = [16]byte{}
	if _, err := j.AppendOnce(context.Background(), r); err == nil {
		t.Error("a record without an id was taken")
	}
}

func TestUnreleasedRecordsStay(t *testing.T) {
	t.Parallel()
	c := newClock()
	j := open(t, journal.Config{SegmentBytes: 2 << 10, Codec: journal.CodecNone, Keep: 40 * time.Millisecond, Now: c.now})
	var ends []journal.Position
	for i := range 20 {
		r := data(j, 1, body(i, 200))
		r.Received = c.now()
		ends = append(ends, add(t, j, r))
	}
	c.advance(time.Hour)
	j.Release(ends[9])
	eventually(t, "loaded segments go", func() bool { return readAll(t, j, journal.Position{})[0].Start.Segment == ends[10].Segment })
	got := readAll(t, j, ends[9])
	if len(got) != 10 {
		t.Errorf("%d records after the tenth", len(got))
	}
}
