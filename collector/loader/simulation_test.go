package loader

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
)

// world is a journal, an engine, and what a client knows.
type world struct {
	t       *testing.T
	rnd     *rand.Rand
	dir     string
	journal *journal.Journal
	engine  *faultyEngine
	next    int
	good    []string
	minutes map[string]bool
	want    ledger
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, rnd: rand.New(rand.NewPCG(seed, 2)), dir: t.TempDir(), engine: newFaultyEngine(seed), minutes: map[string]bool{}, want: ledger{}}
	w.open()
	t.Cleanup(func() { w.journal.Close() })
	return w
}

func (w *world) open() {
	j, err := journal.Open(journal.Config{Dir: filepath.Join(w.dir, "journal"), SegmentBytes: 16 << 10, Reserve: -1})
	if err != nil {
		w.t.Fatal(err)
	}
	w.journal = j
}

// send appends one request of a random sort, and books what has to become of it.
func (w *world) send() {
	r := journal.Record{Kind: journal.KindData, Signal: journal.SignalTraces, Project: []string{"shop", "bank"}[w.rnd.IntN(2)], Received: time.Now()}
	t := w.want.of(account{"traces", r.Project})
	n := uint32(1 + w.rnd.IntN(20))
	t.Received += uint64(n)
	switch sort := w.rnd.IntN(20); {
	case sort == 0:
		r.Kind, r.Deduplicated = journal.KindCounts, n
		t.Deduplicated += uint64(n)
	case sort == 1:
		r.Kind, r.Reasons = journal.KindCounts, map[string]uint32{"ts_future": n}
		t.reject("ts_future", uint64(n))
	case sort == 2:
		r.Items, r.Body = n, []byte{0x0a, 0x7f, 0x01} // a message that is cut short
		t.DeadLetter += uint64(n)
	case sort <= 4:
		r.Items, r.Body = n, w.request("poison", int(n), r.Project)
		t.DeadLetter += uint64(n)
	default:
		r.Items, r.Body = n, w.request("span", int(n), r.Project)
		t.Stored += uint64(n)
	}
	if _, err := w.journal.Append(context.Background(), r); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) request(name string, n int, project string) []byte {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "s"+strconv.Itoa(w.rnd.IntN(5)))
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	day := w.rnd.IntN(3)
	for range n {
		w.next++
		s := spans.AppendEmpty()
		id := fmt.Sprintf("id-%06d", w.next)
		s.SetName(name)
		s.Attributes().PutStr("id", id)
		s.SetTraceID(pcommon.TraceID{1, byte(w.next >> 16), byte(w.next >> 8), byte(w.next)})
		s.SetSpanID(pcommon.SpanID{2, byte(w.next >> 16), byte(w.next >> 8), byte(w.next)})
		if name == "span" {
			day = w.rnd.IntN(3)
			w.good = append(w.good, id)
		}
		start := time.Now().Add(-time.Duration(day)*24*time.Hour - time.Duration(w.rnd.IntN(3))*time.Minute)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(time.Millisecond)))
		if name == "span" {
			w.minutes[project+start.UTC().Truncate(time.Minute).String()] = true
		}
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		w.t.Fatal(err)
	}
	return body
}

// oldRequest has spans of a year ago.
func oldRequest(t *testing.T, n int) []byte {
	t.Helper()
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		s := spans.AppendEmpty()
		s.SetTraceID(pcommon.TraceID{1, byte(i)})
		s.SetSpanID(pcommon.SpanID{1, byte(i)})
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now().AddDate(-1, 0, 0)))
		s.SetEndTimestamp(s.StartTimestamp())
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// process runs a loader until it dies at its nth failpoint (0: never) or use returns. The context ends when it dies.
func (w *world) process(n int, use func(context.Context, *Loader)) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var mu sync.Mutex
	dead := false
	die := func() {
		mu.Lock()
		gone := dead
		mu.Unlock()
		if gone {
			runtime.Goexit()
		}
	}
	hook := func(string) {
		mu.Lock()
		if !dead {
			if n--; n == 0 {
				dead = true
				cancel()
			}
		}
		mu.Unlock()
		die()
	}
	i := incarnation{engine: w.engine, die: die}
	l, err := New(Config{
		Journal: w.journal, Writer: i, Rollup: i, Policy: batch.Policy{Retention: batch.Retention{Days: 30}}, StateFile: filepath.Join(w.dir, "state"),
		Rows: 60, Delay: time.Millisecond, Failpoint: hook,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	l.timing = timing{retry: backoff{first: 10 * time.Microsecond, limit: time.Millisecond}, probe: backoff{first: 10 * time.Microsecond, limit: time.Millisecond},
		patience: time.Minute, grace: time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := l.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	used := make(chan struct{})
	go func() { // it may run into a failpoint itself
		defer close(used)
		use(ctx, l)
	}()
	<-used
	cancel()
	<-done
}

// simulate is a client that sends while the process dies again and again, and at last a quiet time, after which everything must be
// stored once, and the books must say so.
func simulate(t *testing.T, seed uint64) {
	w := newWorld(t, seed)
	for range 10 {
		for range w.rnd.IntN(8) {
			w.send()
		}
		if w.rnd.IntN(3) == 0 {
			if err := w.journal.Close(); err != nil {
				t.Fatal(err)
			}
			w.open()
		}
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for range w.rnd.IntN(4) {
				w.send()
			}
		}()
		<-sent
		w.process(1+w.rnd.IntN(25), func(ctx context.Context, l *Loader) {
			if err := l.Flush(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	w.engine.mu.Lock()
	w.engine.calm = true
	w.engine.mu.Unlock()
	w.process(0, func(ctx context.Context, l *Loader) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
		defer cancel()
		if err := l.Flush(ctx); err != nil {
			t.Error(err)
			return
		}
		w.check(l.Status())
	})
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

func (w *world) check(s Status) {
	w.t.Helper()
	for _, id := range w.good {
		if n := w.engine.spans[id]; n != 1 {
			w.t.Errorf("span %s is stored %d times", id, n)
		}
	}
	if have := len(w.engine.spans); have != len(w.good) {
		w.t.Errorf("%d spans are stored, %d were sent", have, len(w.good))
	}
	for minute := range w.minutes {
		if at := w.engine.roll[minute]; at < w.engine.last {
			w.t.Errorf("%s was recomputed at %d, but spans came at %d", minute, at, w.engine.last)
		}
	}
	for _, got := range s.Totals {
		want := *w.want.of(account{got.Signal, got.Project})
		if !got.Balanced() || fmt.Sprint(got) != fmt.Sprint(want) {
			w.t.Errorf("accounts of %s (balanced %v):\n got %+v\nwant %+v", got.Project, got.Balanced(), got, want)
		}
	}
	if len(s.Totals) != len(w.want) {
		w.t.Errorf("accounts of %d projects, want %d", len(s.Totals), len(w.want))
	}
	letters := uint64(0)
	for _, t := range w.want {
		letters += t.DeadLetter
	}
	if got := w.buried(); got != letters {
		w.t.Errorf("%d items in the dead-letter file, want %d", got, letters)
	}
}

// buried sums the items in the dead-letter file.
func (w *world) buried() (items uint64) {
	data, err := os.ReadFile(filepath.Join(w.dir, "dead_letters.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"items":(\d+)`).FindAllStringSubmatch(string(data), -1) {
		n, _ := strconv.ParseUint(m[1], 10, 64)
		items += n
	}
	return items
}

func TestEverythingIsStoredOnceWhateverDies(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 20
	}
	if os.Getenv("SIGHTLINE_CHAOS") == "long" {
		seeds = 3000
	}
	first := uint64(time.Now().UnixNano())
	if s := os.Getenv("SIGHTLINE_SEED"); s != "" {
		first, _ = strconv.ParseUint(s, 10, 64)
		seeds = 1
	}
	for seed := first; seed < first+seeds; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			simulate(t, seed)
		})
	}
}
