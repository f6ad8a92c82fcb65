package metrics_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// insert stores the blocks of a batch and counts them.
func insert(t testing.TB, db *conn.DB, b *metrics.Batch, id batch.ID) {
	t.Helper()
	w := batch.NewWriter(db)
	rows := 0
	for _, block := range b.Blocks() {
		if err := w.Insert(t.Context(), block, fmt.Sprintf("%s/%s/%s/1", id, block.Table, block.Partition)); err != nil {
			t.Fatal(err)
		}
		if block.Kind != batch.Counted {
			continue
		}
		rows += block.Rows
		if n, err := w.Count(t.Context(), id, block); err != nil || n != uint64(block.Rows) {
			t.Fatalf("counted %d of %d rows (%v) in %s %s", n, block.Rows, err, block.Table, block.Partition)
		}
	}
	if rows != b.Rows() {
		t.Fatalf("the blocks have %d points, the batch %d", rows, b.Rows())
	}
	b.Done()
}

// old is a time that retentions reach, and nothing is in the future of.
func old() time.Time { return time.Now().UTC().Add(-72 * time.Hour).Truncate(time.Hour) }

// everything is a range that holds all points of the tests.
func everything() metrics.Range {
	return metrics.Range{From: old().Add(-200 * 24 * time.Hour), To: old().Add(30 * 24 * time.Hour)}
}

// readAll reads a project's points by the reader.
func readAll(t testing.TB, r *metrics.Reader, project string) (rows []row) {
	t.Helper()
	all, more, err := r.Series(t.Context(), metrics.SeriesQuery{Project: project, Range: everything()})
	if err != nil || more {
		t.Fatal(more, err)
	}
	names := map[string][]uint64{}
	known := map[seriesID]metrics.Series{}
	for _, s := range all {
		names[s.Name] = append(names[s.Name], s.ID)
		known[seriesID{project, s.Name, s.ID}] = s
	}
	for name, ids := range names {
		q := metrics.PointQuery{Project: project, Name: name, Series: ids, Range: everything()}
		type at struct {
			series uint64
			time   int64
		}
		exemplars := map[at][]string{}
		for x, err := range r.Exemplars(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			out := exemplar{At: x.Time, Value: fmt.Sprintf("%s %016x", x.Type, x.Bits), Attrs: texts(x.Attrs)}
			out.ids(x.TraceID[:], x.SpanID)
			exemplars[at{x.Series, x.Point}] = append(exemplars[at{x.Series, x.Point}], out.String())
		}
		add := func(a metrics.At, value string, d distribution) {
			s, ok := known[seriesID{project, name, a.Series}]
			if !ok {
				t.Fatalf("a point of %q has no series", name)
			}
			out := row{
				Project: project, Name: name, Series: seriesRead(&s), Resource: texts(s.Resource.Attrs), Time: a.Time, Sent: a.Sent, Start: a.Start, Flags: a.Flags,
				Value: value, Distribution: d, Exemplars: append([]string{}, exemplars[at{a.Series, a.Time}]...),
			}
			out.normal()
			rows = append(rows, out)
		}
		for p, err := range r.Numbers(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			add(p.At, fmt.Sprintf("%s %016x", p.Type, p.Bits), distribution{})
		}
		for p, err := range r.Distributions(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			add(p.At, "", distributionRead(p))
		}
	}
	return rows
}

func texts(attrs []encode.Value) map[string]string {
	out := map[string]string{}
	for _, a := range attrs {
		out[a.Key] = encodetest.AttrText(a)
	}
	return out
}

func seriesRead(s *metrics.Series) series {
	return series{
		Kind: int(s.Kind), Temporality: int32(s.Temporality), Monotonic: s.Monotonic, Unit: s.Unit, Description: s.Description,
		Metadata: texts(s.Metadata), Attrs: texts(s.Attrs), Service: s.Service, Namespace: s.Namespace, Env: s.Env, Version: s.Version,
		Scope: encodetest.Scope{
			Name: s.Scope.Name, Version: s.Scope.Version, URL: s.Scope.SchemaURL, Attrs: texts(s.Scope.Attrs), Dropped: s.Scope.DroppedAttrs,
		},
	}
}

func distributionRead(p metrics.Distribution) distribution {
	sent := func(has bool, v float64) string {
		if !has {
			return ""
		}
		return bitsOf(v)
	}
	d := distribution{
		Count: p.Count, Sum: sent(p.HasSum, p.Sum), Min: sent(p.HasMin, p.Min), Max: sent(p.HasMax, p.Max),
		Bounds: allBits(p.Bounds), Counts: fmt.Sprint(p.Counts), Scale: p.Scale, ZeroCount: p.ZeroCount, Threshold: bits(p.ZeroThreshold),
		Positive: fmt.Sprint(p.Positive.Offset, p.Positive.Counts), Negative: fmt.Sprint(p.Negative.Offset, p.Negative.Counts),
	}
	for i, q := range p.Quantiles {
		d.Quantiles += bitsOf(q) + "=" + bitsOf(p.QuantileValues[i]) + " "
	}
	return d
}

// TestNothingIsLost writes requests of every kind to the engine and reads them back, field by field what pdata sees.
func TestNothingIsLost(t *testing.T) {
	db := storagetest.Open(t)
	r := metrics.NewReader(db)
	policy := batch.Policy{Metrics: batch.Retention{Days: 300, Services: map[string]uint16{"service-1": 400}}}
	b := metrics.NewBatch(batch.ID{}, policy)
	want := map[string][]row{}
	for n := range 12 {
		id := batch.NewID([8]byte{9, 8, 7, 6, 5, 4, 3, 0xFF}, old().Add(time.Duration(n)*time.Second))
		b.Reset(id, policy)
		for i := range 8 {
			received := old().Add(time.Duration(100*n+i) * time.Second) // so that no two points have one time
			md := randomMetrics(rand.New(rand.NewPCG(uint64(n), uint64(i))), received, true)
			project := []string{"default", "other"}[i%2]
			if err := b.Append(batch.Request{Project: project, Received: received, Body: marshal(t, md)}); err != nil {
				t.Fatal(err)
			}
			rows := model{project, received, policy}.rows(md, nil)
			i := 0
			for _, rm := range md.ResourceMetrics().All() {
				attrs := resourceModel(rm.Resource().Attributes())
				for _, sm := range rm.ScopeMetrics().All() {
					for _, m := range sm.Metrics().All() {
						for range pointsOf(m) {
							rows[i].Resource, rows[i].Retention = attrs, 0
							i++
						}
					}
				}
			}
			want[project] = append(want[project], rows...)
		}
		insert(t, db, b, id)
	}
	for project, rows := range want {
		if len(rows) < 200 {
			t.Fatalf("only %d points", len(rows))
		}
		compare(t, readAll(t, r, project), rows)
	}
	if n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT uniqExact(retention_days) FROM points"}); err != nil || n != 2 {
		t.Errorf("%d retention classes, %v", n, err)
	}
}

func resourceModel(attrs pcommon.Map) map[string]string {
	t, l := encodetest.Model{}, encodetest.NewList()
	kept, keys, _ := t.Attributes(attrs, l)
	return t.Values(kept, keys, l)
}

// TestOfTwoPointsOfOneTimeTheLaterBatchCounts: both are stored, one is read.
func TestOfTwoPointsOfOneTimeTheLaterBatchCounts(t *testing.T) {
	db := storagetest.Open(t)
	policy := batch.Policy{Metrics: batch.Retention{Days: 300}}
	b := metrics.NewBatch(batch.ID{}, policy)
	for i, v := range []float64{5, 7, 6} {
		id := batch.NewID([8]byte{1}, old().Add(time.Duration([]int{1, 3, 2}[i])*time.Second))
		b.Reset(id, policy)
		for at := range 3 {
			if err := b.Append(request("default", gaugeOf(t, "g", old().Add(time.Duration(at)*time.Second), v, "a", "1"))); err != nil {
				t.Fatal(err)
			}
		}
		insert(t, db, b, id)
	}
	var got []float64
	for p, err := range metrics.NewReader(db).Numbers(t.Context(), metrics.PointQuery{Project: "default", Name: "g", Range: everything()}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Value)
	}
	if !slices.Equal(got, []float64{7, 7, 7}) {
		t.Errorf("got %v", got)
	}
	if n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM points"}); err != nil || n != 9 {
		t.Errorf("%d points are stored, %v", n, err)
	}
}

// Of what the series of a metric say of it, most of them win whoever spoke last, and of equals the first in order.
func TestInstancesThatDescribeAMetricDifferentlyDoNotTakeTurns(t *testing.T) {
	db := storagetest.Open(t)
	policy := batch.Policy{Metrics: batch.Retention{Days: 300}}
	b := metrics.NewBatch(batch.ID{}, policy)
	f := func(step int, want string, says ...string) {
		t.Helper()
		id := batch.NewID([8]byte{1}, old().Add(time.Duration(step)*time.Minute))
		b.Reset(id, policy)
		for i, text := range says {
			said := pmetricotlp.NewExportRequest()
			if err := said.UnmarshalProto(gaugeOf(t, "g", old().Add(time.Duration(step*60+i)*time.Second), 1, "instance", string(rune('a'+i)))); err != nil {
				t.Fatal(err)
			}
			said.Metrics().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetDescription(text)
			if err := b.Append(request("default", marshal(t, said.Metrics()))); err != nil {
				t.Fatal(err)
			}
		}
		insert(t, db, b, id)
		found, _, err := metrics.NewReader(db).Names(t.Context(), metrics.NamesQuery{Project: "default", Range: everything(), Limit: 10})
		if err != nil || len(found) != 1 || found[0].Description != want || found[0].Series != len(says) {
			t.Errorf("of %q: %+v, %v; want %q", says, found, err, want)
		}
	}
	f(1, "old", "old", "old", "new")
	f(2, "new", "old", "", "new")
	f(3, "new", "", "", "new")
	f(4, "new", "old", "new", "new")
}
