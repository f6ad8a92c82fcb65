package logs_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/logs"
)

// differ holds the decoder to pdata: equal rows wherever pdata accepts, no panic anywhere, and after an error a batch that is as it
// was. Of what pdata accepts the decoder may refuse values nested too deep and groups that do not end. What pdata refuses the
// receiver has refused; here fields of another wire type are unknown ones.
type differ struct {
	batch *logs.Batch
	good  []byte // a request that is in the batch when another fails
	rows  []row  // its rows
}

func newDiffer(t testing.TB) *differ {
	t.Helper()
	d := &differ{batch: logs.NewBatch(batch.ID{}, batch.Policy{})}
	d.good = marshal(t, randomLogs(rand.New(rand.NewPCG(1, 3)), day0, true))
	d.appended(t, d.good)
	d.rows = rowsOf(t, d.batch)
	return d
}

func (d *differ) appended(t testing.TB, body []byte) {
	t.Helper()
	d.batch.Reset(batch.NewID([8]byte{1}, day0), batch.Policy{})
	if err := d.batch.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
		t.Fatal(err)
	}
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
		d.appended(t, d.good)
		if d.batch.Append(batch.Request{Project: "default", Received: day0, Body: body}) == nil {
			t.Fatal("malformed only at first")
		}
		compare(t, rowsOf(t, d.batch), d.rows)
	}
	request := plogotlp.NewExportRequest()
	if request.UnmarshalProto(body) != nil {
		return
	}
	if err != nil {
		if text := err.Error(); !strings.Contains(text, "nested") && !strings.Contains(text, "group") {
			t.Fatalf("pdata accepts what the decoder refuses: %v", err)
		}
		return
	}
	want := model{"default", day0, policy}.rows(request.Logs(), nil)
	if !slices.ContainsFunc(want, long) {
		compare(t, rowsOf(t, d.batch), inBlocks(want))
	}
}

// small are requests to begin from.
func small(t testing.TB) (bodies [][]byte) {
	for seed := range uint64(400) {
		if body := marshal(t, randomLogs(rand.New(rand.NewPCG(seed, 2)), day0, seed%4 > 0)); len(body) < 1000 {
			bodies = append(bodies, body)
		}
	}
	return append(bodies, nested(5, 63), nested(5, 64), nested(5, 65), nested(6, 64), nested(6, 65), []byte{0x0a, 0x04, 0x12, 0x02, 0x12, 0x00})
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

// nested is a request of one record with that many AnyValues inside each other, in its body (field 5) or an attribute (6).
func nested(num byte, depth int) []byte {
	field := func(num byte, v []byte) []byte {
		out := []byte{num<<3 | 2}
		for n := len(v); ; n >>= 7 {
			if n < 0x80 {
				out = append(out, byte(n))
				break
			}
			out = append(out, byte(n)|0x80)
		}
		return append(out, v...)
	}
	value := field(1, []byte("x"))
	for range depth - 1 {
		value = field(5, field(1, value))
	}
	if num == 6 {
		value = append(field(1, []byte("deep")), field(2, value)...)
	}
	return field(1, field(2, field(2, field(num, value))))
}
