package foreign_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/golang/snappy"
	remoteapi "github.com/prometheus/client_golang/exp/api/remote"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"

	"github.com/sightline/sightline/collector/foreign/promotlp"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// sent is what of a set of labels went in, or came out: samples by time, as text.
type sent map[string]map[int64]string

func (s sent) add(ls labels.Labels, at int64, what string) {
	key := ls.String()
	if s[key] == nil {
		s[key] = map[int64]string{}
	}
	s[key][at] = what
}

// TestPrometheusLabelsComeBack sends random series by remote write, stores them, and reads them: labels and samples are those that
// were sent.
func TestPrometheusLabelsComeBack(t *testing.T) {
	if metrics.PrometheusScope != promotlp.ScopeName {
		t.Fatal("the reader knows another scope than the writer")
	}
	_, j, server := receiver(t, journal.Config{})
	v1, v2 := client(t, server.URL, remoteapi.WriteV1MessageType), client(t, server.URL, remoteapi.WriteV2MessageType)
	rnd := rand.New(rand.NewPCG(3, 4))
	begin := time.Now().Add(-time.Hour).UnixMilli()
	want, carriers := sent{}, 0
	for n := range 40 {
		var old prompb.WriteRequest
		var new writev2.Request
		symbols := writev2.NewSymbolTable()
		seen := map[string]bool{}
		for i := range 1 + rnd.IntN(8) {
			ls := randomLabels(rnd)
			if seen[ls.String()] {
				continue
			}
			seen[ls.String()] = true
			at := begin + int64(1000*n+10*i)
			var ts prompb.TimeSeries
			ls.Range(func(l labels.Label) { ts.Labels = append(ts.Labels, prompb.Label{Name: l.Name, Value: l.Value}) })
			switch what := rnd.IntN(10); {
			case what == 0 && n%2 == 0: // an exemplar whose sample was in another request, which version 2 does not allow
				ts.Exemplars = []prompb.Exemplar{{Labels: v1Labels("trace_id", "0af7651916cd43dd8448eb211c80319c"), Value: 1, Timestamp: at}}
				carriers++
			case what <= 2:
				h := prompb.FromIntHistogram(at, tsdbutil.GenerateTestHistogram(int64(rnd.IntN(50))))
				ts.Histograms = []prompb.Histogram{h}
				want.add(ls, at, fmt.Sprint("histogram of ", h.GetCountInt()))
			default:
				v := []float64{rnd.NormFloat64(), 0, math.Inf(1), math.NaN(), math.Float64frombits(value.StaleNaN)}[rnd.IntN(5)]
				ts.Samples = []prompb.Sample{{Timestamp: at, Value: v}}
				want.add(ls, at, floatText(v))
			}
			old.Timeseries = append(old.Timeseries, ts)
			next := writev2.TimeSeries{LabelsRefs: symbols.SymbolizeLabels(ls, nil)}
			for _, s := range ts.Samples {
				next.Samples = append(next.Samples, writev2.Sample{Timestamp: s.Timestamp, Value: s.Value})
			}
			for _, h := range ts.Histograms {
				next.Histograms = append(next.Histograms, writev2.FromIntHistogram(h.Timestamp, h.ToIntHistogram()))
			}
			new.Timeseries = append(new.Timeseries, next)
		}
		new.Symbols = symbols.Symbols()
		var err error
		if n%2 == 0 {
			_, err = v1.Store(context.Background(), pack(t, &old), 0)
		} else {
			body, marshalling := new.Marshal()
			if marshalling != nil {
				t.Fatal(marshalling)
			}
			_, err = v2.Store(context.Background(), snappy.Encode(nil, body), 0)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	got, other := readBack(t, j)
	if other != carriers || carriers == 0 {
		t.Errorf("%d points are no samples, want %d", other, carriers)
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if fmt.Sprint(got[key]) != fmt.Sprint(want[key]) {
			t.Errorf("%s\n got %v\nwant %v", key, got[key], want[key])
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("nobody sent %s", key)
	}
	if len(want) < 50 {
		t.Errorf("only %d series", len(want))
	}
}

func floatText(v float64) string { return strconv.FormatUint(math.Float64bits(v), 16) }

// readBack stores what is in the journal and reads it by its labels; other is how many points are no samples.
func readBack(t *testing.T, j *journal.Journal) (got sent, other int) {
	t.Helper()
	db := storagetest.Open(t)
	b := metrics.NewBatch(batch.NewID([8]byte{1}, time.Now()), batch.Policy{Metrics: batch.Retention{Days: 300}})
	reader := j.Reader(journal.Position{})
	defer reader.Close()
	for {
		e, ok, err := reader.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if err := b.Append(batch.Request{Project: "default", Received: e.Record.Received, Body: e.Record.Body}); err != nil {
			t.Fatal(err)
		}
	}
	w := batch.NewWriter(db)
	for _, block := range b.Blocks() {
		if err := w.Insert(t.Context(), block, block.Table+block.Partition); err != nil {
			t.Fatal(err)
		}
	}
	r := metrics.NewReader(db)
	all := metrics.Range{From: time.Now().Add(-3 * time.Hour), To: time.Now().Add(time.Hour)}
	series, more, err := r.Series(t.Context(), metrics.SeriesQuery{Project: "default", Range: all})
	if err != nil || more {
		t.Fatal(more, err)
	}
	got = sent{}
	for _, of := range (metrics.Translation{}).Group(series) {
		for _, s := range of.Series {
			q := metrics.PointQuery{Project: "default", Name: s.Name, Series: []uint64{s.ID}, Range: all}
			for p, err := range r.Numbers(t.Context(), q) {
				if err != nil {
					t.Fatal(err)
				}
				if !p.Sample() {
					other++
					continue
				}
				got.add(of.Labels, p.Time/1e6, floatText(p.Value))
			}
			for p, err := range r.Distributions(t.Context(), q) {
				if err != nil {
					t.Fatal(err)
				}
				got.add(of.Labels, p.Time/1e6, fmt.Sprint("histogram of ", p.Count))
			}
		}
	}
	names, _, err := r.Names(t.Context(), metrics.NamesQuery{Project: "default", Range: all, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range names {
		if name := (metrics.Translation{}).Name(m); name != m.Name {
			t.Errorf("the metric %q is listed as %q", m.Name, name)
		}
	}
	return got, other
}

// randomLabels are such as a translation would change, each of a few values, so that they come again.
func randomLabels(rnd *rand.Rand) labels.Labels {
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	b := labels.NewBuilder(labels.FromStrings("__name__", pick("up", "requests_total", "requests", "a__b", "rpc:rate5m", "http.server.duration", "größe", "x_total_y", "memory_bytes", "_")))
	for _, name := range []string{"job", "instance", "le", "otel_scope_name", "otel_scope_version", "service.name", "service_name", "a.b", "a_b", "env", "größe", "__meta", "9lives", "unit"} {
		if rnd.IntN(4) == 0 {
			b.Set(name, pick("x", "shop/checkout", "h:9090", "größe 🦄", " ", "0", "+Inf", `"`, "true"))
		}
	}
	return b.Labels()
}
