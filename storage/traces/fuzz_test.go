package traces_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/traces"
)

// differ holds the decoder to pdata: equal rows wherever pdata accepts, no panic anywhere, and after an error a batch that is as it
// was. Of what pdata accepts the decoder may refuse values nested too deep and groups that do not end.
type differ struct {
	batch *traces.Batch
	good  []byte // a request that is in the batch when another fails
	rows  []row  // its rows
}

func newDiffer(t testing.TB) *differ {
	t.Helper()
	d := &differ{batch: traces.NewBatch(batch.ID{}, batch.Policy{})}
	d.good = marshal(t, randomTraces(rand.New(rand.NewPCG(1, 3)), true))
	d.rows = d.appended(t, batch.Policy{}, d.good)
	return d
}

func (d *differ) appended(t testing.TB, policy batch.Policy, body []byte) []row {
	t.Helper()
	d.batch.Reset(batch.NewID([8]byte{1}, day0), policy)
	if err := d.batch.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
		t.Fatal(err)
	}
	return spansOf(t, d.batch)
}

func (d *differ) check(t testing.TB, body []byte) {
	t.Helper()
	policy := batch.Policy{Redact: len(body)%2 == 0}
	d.batch.Reset(batch.NewID([8]byte{1}, day0), policy)
	err := d.batch.Append(batch.Request{Project: "default", Received: day0, Body: body})
	if err != nil {
		if !errors.Is(err, encode.ErrMalformed) {
			t.Fatalf("error is not ErrMalformed: %v", err)
		}
		d.appended(t, batch.Policy{}, d.good)
		if d.batch.Append(batch.Request{Project: "default", Received: day0, Body: body}) == nil {
			t.Fatal("malformed only at first")
		}
		compare(t, spansOf(t, d.batch), d.rows)
	}
	request := ptraceotlp.NewExportRequest()
	if request.UnmarshalProto(body) != nil {
		return
	}
	if err != nil {
		if text := err.Error(); !strings.Contains(text, "nested") && !strings.Contains(text, "group") {
			t.Fatalf("pdata accepts what the decoder refuses: %v", err)
		}
		return
	}
	want := model{"default", day0, policy}.rows(request.Traces(), nil)
	for _, r := range want {
		if long(r) {
			return // JSON past the limit of values
		}
	}
	compare(t, spansOf(t, d.batch), inBlocks(want))
}

// small are requests to begin from.
func small(t testing.TB) (bodies [][]byte) {
	for seed := range uint64(400) {
		if body := marshal(t, randomTraces(rand.New(rand.NewPCG(seed, 2)), seed%4 > 0)); len(body) < 1000 {
			bodies = append(bodies, body)
		}
	}
	return append(bodies, nested(40), nested(63), nested(64), nested(65), []byte{0x0a, 0x04, 0x12, 0x02, 0x12, 0x00})
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
	encodetest.CheckBroken(t, 1500, small(t), func(t *testing.T, body []byte) { d.check(t, body) })
}

func long(r row) bool {
	some := func(attrs map[string]string) bool {
		for _, v := range attrs {
			if strings.HasPrefix(v, "json ") && len(v) > encodetest.MaxValue-1000 {
				return true
			}
		}
		return false
	}
	for _, e := range r.Events {
		if some(e.Attrs) {
			return true
		}
	}
	for _, l := range r.Links {
		if some(l.Attrs) {
			return true
		}
	}
	return some(r.Attrs) || some(r.ScopeAttrs)
}

// nested is a request with one attribute of that many AnyValues inside each other.
func nested(depth int) []byte {
	field := func(tag byte, v []byte) []byte {
		out := []byte{tag}
		for n := len(v); ; n >>= 7 {
			if n < 0x80 {
				out = append(out, byte(n))
				break
			}
			out = append(out, byte(n)|0x80)
		}
		return append(out, v...)
	}
	value := []byte{1<<3 | 2, 1, 'x'}
	for range depth - 1 {
		value = field(5<<3|2, field(1<<3|2, value))
	}
	kv := append(field(1<<3|2, []byte("deep")), field(2<<3|2, value)...)
	return field(1<<3|2, field(2<<3|2, field(2<<3|2, field(9<<3|2, kv))))
}
