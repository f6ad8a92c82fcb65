package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/collector/foreign/promotlp"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// epoch is where the time 0 of Prometheus's scripts is: OTLP has no time 0 and none before it.
var epoch = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// ages is a retention that reaches from epoch beyond now, and does not end after what ClickHouse's DateTime can say.
var ages = batch.Policy{Metrics: batch.Retention{Days: 20_000}}

// scriptStorage is the storage of one of Prometheus's scripts: samples come in the way they do by scrape, and are read by the Queryable.
type scriptStorage struct {
	t       testing.TB
	db      *conn.DB
	project string
	batches *atomic.Uint64
	reader  *metrics.Reader
	known   map[string][]storage.Series // what was selected since the last insert: scripts ask the same many times
}

func (s *scriptStorage) AppenderV2(ctx context.Context) storage.AppenderV2 {
	return &shiftedAppender{AppenderV2: promotlp.Appendable{Options: promotlp.Options{Sink: s.insert}}.AppenderV2(ctx)}
}

// insert stores what a commit has made, as the loader does.
func (s *scriptStorage) insert(_ context.Context, md pmetric.Metrics) error {
	id := batch.NewID([8]byte{7}, time.Now().Add(time.Duration(s.batches.Add(1))*time.Second))
	b := metrics.NewBatch(id, ages)
	if err := b.Append(batch.Request{Project: s.project, Received: time.Now(), Body: marshal(s.t, md)}); err != nil {
		return err
	}
	insert(s.t, s.db, b, id)
	clear(s.known)
	s.reader = nil
	return nil
}

func (s *scriptStorage) Querier(mint, maxt int64) (storage.Querier, error) {
	if s.reader == nil {
		s.reader = metrics.NewReader(s.db) // what it remembers is of before the last insert
	}
	q, err := s.reader.Queryable(s.project, metrics.Translation{}).Querier(mint+epoch, maxt+epoch)
	return shiftedQuerier{q, s.known}, err
}

func (s *scriptStorage) Appender(context.Context) storage.Appender { panic("not called") }
func (s *scriptStorage) StartTime() (int64, error)                 { return 0, nil }
func (s *scriptStorage) Close() error                              { return nil }
func (s *scriptStorage) ChunkQuerier(int64, int64) (storage.ChunkQuerier, error) {
	return nil, errors.New("there are no chunks")
}

// shiftedAppender appends series in the order of their labels, as a scrape has an order: scripts append in the order of a Go map, another one
// in every run, and on which of a metric's series is first it depends whose metadata comes last.
type shiftedAppender struct {
	storage.AppenderV2
	held []heldSample
}

type heldSample struct {
	labels labels.Labels
	st, t  int64
	v      float64
	h      *histogram.Histogram
	fh     *histogram.FloatHistogram
	o      storage.AppendV2Options
}

func (a *shiftedAppender) Append(_ storage.SeriesRef, ls labels.Labels, st, t int64, v float64, h *histogram.Histogram, fh *histogram.FloatHistogram, o storage.AppendV2Options) (storage.SeriesRef, error) {
	if st != 0 {
		st += epoch
	}
	a.held = append(a.held, heldSample{ls, st, t + epoch, v, h, fh, o})
	return 0, nil
}

func (a *shiftedAppender) Commit() error {
	slices.SortStableFunc(a.held, func(x, y heldSample) int { return labels.Compare(x.labels, y.labels) })
	for _, s := range a.held {
		if _, err := a.AppenderV2.Append(0, s.labels, s.st, s.t, s.v, s.h, s.fh, s.o); err != nil {
			return err
		}
	}
	return a.AppenderV2.Commit()
}

type shiftedQuerier struct {
	storage.Querier
	known map[string][]storage.Series
}

func (q shiftedQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	// The Reader is told what it looks at, so that a question in another step or grouping, or at another time of evaluation, is the same one.
	shifted := storage.SelectHints{Start: hints.Start + epoch, End: hints.End + epoch, Limit: hints.Limit, Func: hints.Func}
	key := fmt.Sprint(sorted, shifted, matchers)
	list, ok := q.known[key]
	if !ok {
		set := q.Querier.Select(ctx, sorted, &shifted, matchers...)
		for set.Next() {
			list = append(list, shiftedSeries{set.At()})
		}
		if set.Err() != nil {
			return set
		}
		q.known[key] = list
	}
	return &listSet{list: list, at: -1}
}

type listSet struct {
	list []storage.Series
	at   int
}

func (s *listSet) Next() bool                        { s.at++; return s.at < len(s.list) }
func (s *listSet) At() storage.Series                { return s.list[s.at] }
func (s *listSet) Err() error                        { return nil }
func (s *listSet) Warnings() annotations.Annotations { return nil }

type shiftedSeries struct{ storage.Series }

func (s shiftedSeries) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	return shiftedIterator{s.Series.Iterator(nil)}
}

type shiftedIterator struct{ chunkenc.Iterator }

type ms = int64 // vet takes a Seek of an int64 for io.Seeker's

func (i shiftedIterator) Seek(t ms) chunkenc.ValueType { return i.Iterator.Seek(t + epoch) }
func (i shiftedIterator) AtT() int64                   { return i.Iterator.AtT() - epoch }

func (i shiftedIterator) At() (int64, float64) {
	t, v := i.Iterator.At()
	return t - epoch, v
}

func (i shiftedIterator) AtFloatHistogram(h *histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	t, h := i.Iterator.AtFloatHistogram(h)
	return t - epoch, h
}

func (i shiftedIterator) AtST() int64 {
	if st := i.Iterator.AtST(); st != 0 {
		return st - epoch
	}
	return 0
}

// Reasons for evaluations that do not give what Prometheus's scripts say.
const (
	// OTLP counts in whole numbers. Float histograms with fractions, or with counts beyond 64 bits, are stored rounded.
	fractions = "counts that are no integers"
	// That a histogram is a gauge is said in the metadata of its series, where the last word counts: one that is now a gauge, now a counter is
	// the same all the time. In the scripts they take turns.
	turns = "a histogram that is a gauge at times"
	// Prometheus notes with stored samples that they are no reset. Here that is found out when it is asked for; values do not differ.
	hints = "what the hint of a counter reset says"
	// Prometheus does not keep the start of native histograms yet, and the script says what follows. Here it is kept, and resets are found.
	starts = "the start of native histograms"
)

// failing are these evaluations, by script and line. TestExceptionsStillFail fails for one that has come right.
var failing = map[string]map[int]string{
	"extended_vectors": {588: turns, 592: turns},
	"functions":        {256: turns, 260: turns, 339: turns, 343: turns},
	"histograms":       {459: fractions},
	"native_histograms": {
		1468: fractions, 1502: fractions, 1505: fractions, 1527: fractions, 1530: fractions, 1533: fractions, 1536: fractions, 1539: fractions,
		1542: fractions, 1545: fractions, 1548: fractions, 1558: fractions, 1561: fractions, 1747: hints, 1752: hints, 1811: hints, 1816: hints,
		1821: hints, 1826: hints, 1779: turns, 1784: turns, 1800: turns, 1805: turns, 1880: turns, 1885: turns,
	},
	"range_queries":    {93: hints},
	"start_timestamps": {131: starts, 134: starts, 137: starts, 141: starts, 158: starts, 164: starts, 170: starts},
}

// scripts are Prometheus's own, by name, of the version that is built in.
func scripts(t testing.TB) map[string]string {
	t.Helper()
	code, _ := runtime.FuncForPC(reflect.ValueOf(promqltest.RunBuiltinTests).Pointer()).FileLine(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(code), "testdata", "*.test"))
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d scripts beside %s (%v)", len(files), code, err)
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".test")] = string(text)
	}
	return out
}

// evaluations leaves of a script's evaluations those on the lines that keep says, in their place, and what is loaded for them.
func evaluations(script string, keep func(line int) bool) string {
	lines := strings.Split(script, "\n")
	drop := false
	for i, line := range lines {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "eval"):
			drop = !keep(i + 1)
		case text == "" || strings.HasPrefix(text, "#"):
			drop = false
		}
		if drop {
			lines[i] = ""
		}
	}
	for from := 0; from < len(lines); { // what is between two clears
		to, kept := from, false
		for ; to < len(lines) && strings.TrimSpace(lines[to]) != "clear"; to++ {
			kept = kept || strings.HasPrefix(strings.TrimSpace(lines[to]), "eval")
		}
		if !kept {
			clear(lines[from:to])
		}
		from = to + 1
	}
	return strings.Join(lines, "\n")
}

// runScripts runs evaluations of every script on one database, a project for each storage that a script wants.
func runScripts(t *testing.T, keep func(name string, line int) bool) {
	db := storagetest.Open(t)
	batches, projects := &atomic.Uint64{}, &atomic.Uint64{}
	engine := promqltest.NewTestEngineWithOpts(t, promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Minute, NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier: true, EnableNegativeOffset: true, EnableDelayedNameRemoval: true, UseStartTimestamps: true, Parser: parser.NewParser(promqltest.TestParserOpts),
	})
	for name, script := range scripts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promqltest.RunTestWithStorage(t, evaluations(script, func(line int) bool { return keep(name, line) }), engine, func(t testing.TB) storage.Storage {
				return &scriptStorage{t: t, db: db, project: fmt.Sprintf("script-%d", projects.Add(1)), batches: batches, known: map[string][]storage.Series{}}
			})
		})
	}
}

// TestPrometheusScripts runs Prometheus's own tests of PromQL on the Queryable.
func TestPrometheusScripts(t *testing.T) {
	runScripts(t, func(name string, line int) bool { return failing[name][line] == "" })
}

// exceptionsOnly is set for the process that TestExceptionsStillFail starts.
const exceptionsOnly = "SIGHTLINE_TEST_EXCEPTIONS"

// TestExceptionsStillFail runs what the list of failing evaluations leaves out, in a process of its own, since a test can't undo a failure.
func TestExceptionsStillFail(t *testing.T) {
	if os.Getenv(exceptionsOnly) != "" {
		runScripts(t, func(name string, line int) bool { return failing[name][line] != "" })
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestExceptionsStillFail$", "-test.v")
	cmd.Env = append(os.Environ(), exceptionsOnly+"=1")
	out, _ := cmd.CombinedOutput()
	for name, lines := range failing {
		for line := range lines {
			if !bytes.Contains(out, fmt.Appendf(nil, "--- FAIL: TestExceptionsStillFail/%s/line_%d/", name, line)) {
				t.Errorf("%s line %d no longer fails", name, line)
			}
		}
	}
	if t.Failed() {
		t.Logf("%.10000s", out)
	}
}
