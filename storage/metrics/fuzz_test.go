package metrics_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/metrics"
)

// differ holds the decoder to pdata: equal rows wherever pdata accepts, no panic anywhere, and after an error a batch that is as it
// was. Of what pdata accepts the decoder may refuse values nested too deep and groups that do not end.
type differ struct {
	batch *metrics.Batch
	good  []byte // a request that is in the batch when another fails
	rows  []row  // its rows
}

func newDiffer(t testing.TB) *differ {
	t.Helper()
	d := &differ{batch: metrics.NewBatch(batch.ID{}, batch.Policy{})}
	d.good = marshal(t, randomMetrics(rand.New(rand.NewPCG(1, 3)), day0, true))
	d.reset(batch.Policy{})
	d.append(t, d.good)
	d.rows = rowsOf(t, d.batch)
	return d
}

// reset begins another batch, which knows no series.
func (d *differ) reset(p batch.Policy) {
	d.batch.Reset(batch.NewID([8]byte{1}, day0), p)
	d.batch.Remember(1000)
}

func (d *differ) append(t testing.TB, body []byte) {
	t.Helper()
	if err := d.batch.Append(request("default", body)); err != nil {
		t.Fatal(err)
	}
}

func (d *differ) check(t testing.TB, body []byte) {
	t.Helper()
	policy := batch.Policy{Redact: len(body)%2 == 0}
	d.reset(policy)
	err := d.batch.Append(request("default", body))
	if err != nil {
		if !errors.Is(err, encode.ErrMalformed) {
			t.Fatalf("error is not ErrMalformed: %v", err)
		}
		d.reset(batch.Policy{})
		d.append(t, d.good)
		if d.batch.Append(request("default", body)) == nil {
			t.Fatal("malformed only at first")
		}
		compare(t, rowsOf(t, d.batch), d.rows)
	}
	r := pmetricotlp.NewExportRequest()
	if r.UnmarshalProto(body) != nil {
		return
	}
	if err != nil {
		if text := err.Error(); !strings.Contains(text, "nested") && !strings.Contains(text, "group") {
			t.Fatalf("pdata accepts what the decoder refuses: %v", err)
		}
		return
	}
	want := model{"default", day0, policy}.rows(r.Metrics(), nil)
	got := rowsOf(t, d.batch)
	if confused(want) || confused(got) {
		return
	}
	if same(got, want) {
		return
	}
	if want, ok := canonical(body, policy); ok && same(got, want) {
		return
	}
	compare(t, got, want)
}

// canonical is what pdata sees of a request after protobuf's own library has put lists together that come in parts, packed and not: pdata
// lets the last part stand alone.
func canonical(body []byte, policy batch.Policy) ([]row, bool) {
	var m collector.ExportMetricsServiceRequest
	if proto.Unmarshal(body, &m) != nil {
		return nil, false
	}
	whole, err := proto.Marshal(&m)
	if err != nil {
		return nil, false
	}
	r := pmetricotlp.NewExportRequest()
	if r.UnmarshalProto(whole) != nil {
		return nil, false
	}
	return model{"default", day0, policy}.rows(r.Metrics(), nil), true
}

// confused says that the model can't tell which exemplars are whose, or that JSON is past the limit of values.
func confused(rows []row) bool {
	type point struct {
		name, series string
		time         int64
	}
	seen := map[point]bool{}
	for _, r := range rows {
		s := r.Series
		s.Description, s.Metadata = "", nil
		p := point{r.Name, toJSON(s), r.Time}
		if seen[p] || strings.Contains(p.series, "limit_attrs") || len(p.series) > 30<<10 {
			return true
		}
		seen[p] = true
		if strings.Contains(toJSON(r.Exemplars), "attr_truncated") {
			return true
		}
	}
	return false
}

// small are requests to begin from.
func small(t testing.TB) (bodies [][]byte) {
	for seed := range uint64(600) {
		if body := marshal(t, randomMetrics(rand.New(rand.NewPCG(seed, 2)), day0, seed%4 > 0)); len(body) < 1500 {
			bodies = append(bodies, body)
		}
	}
	return append(bodies, []byte{0x0a, 0x04, 0x12, 0x02, 0x12, 0x00})
}

func FuzzDecoderAgreesWithPdata(f *testing.F) {
	for _, body := range small(f) {
		f.Add(body)
	}
	d := newDiffer(f)
	f.Fuzz(func(t *testing.T, body []byte) { d.check(t, body) })
}

func TestDecoderAgreesWithPdataOnBrokenRequests(t *testing.T) {
	d := newDiffer(t)
	encodetest.CheckBroken(t, 3000, small(t), func(t *testing.T, body []byte) { d.check(t, body) })
}
