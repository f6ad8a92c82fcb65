package walk_test

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector/otlp/walk"
	"github.com/sightline/sightline/collector/sample"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var window = walk.Window{From: uint64(now.Add(-7 * 24 * time.Hour).UnixNano()), To: uint64(now.Add(time.Hour).UnixNano())}

func request(t testing.TB, change func(ptrace.Traces)) []byte {
	t.Helper()
	td := sample.Traces(1, 20, now)
	change(td)
	b, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func span(td ptrace.Traces, i int) ptrace.Span {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(i)
}

func TestSpansThatCannotBeKeptAreRejectedOneByOne(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(now.Add(d)) }
	b := request(t, func(td ptrace.Traces) {
		span(td, 2).SetTraceID(pcommon.TraceID{})
		span(td, 3).SetSpanID(pcommon.SpanID{})
		span(td, 4).SetStartTimestamp(at(61 * time.Minute))
		span(td, 5).SetStartTimestamp(at(59 * time.Minute))
		span(td, 6).SetStartTimestamp(at(-8 * 24 * time.Hour))
		span(td, 7).SetStartTimestamp(0)
		span(td, 8).SetStartTimestamp(0)
		span(td, 8).SetEndTimestamp(0)
		span(td, 9).SetStartTimestamp(math.MaxUint64)
		span(td, 10).SetStartTimestamp(0)
		span(td, 10).SetEndTimestamp(at(2 * time.Hour))
		span(td, 11).SetParentSpanID(span(td, 11).SpanID())
	})
	var r walk.Result
	if err := walk.Traces(b, window, &r); err != nil {
		t.Fatal(err)
	}
	if r.Items != 20 || len(r.Rejected) != 5 || r.Rejected[0] != 2 || r.Rejected[4] != 10 {
		t.Errorf("%d spans, rejected %v", r.Items, r.Rejected)
	}
	if r.Counts != [walk.Reasons]uint32{walk.TraceIDZero: 1, walk.SpanIDZero: 1, walk.TooNew: 2, walk.TooOld: 1} {
		t.Errorf("counts %v", r.Counts)
	}
	if reason := r.FirstReason(); reason != walk.TraceIDZero || r.First[reason].Ordinal != 2 || len(r.First[reason].Name) == 0 {
		t.Errorf("first offender %v %+v", reason, r.First)
	}
}

// field writes a length-delimited protobuf field.
func field(num int, in []byte) []byte {
	out := binary.AppendUvarint(nil, uint64(num)<<3|2)
	return append(binary.AppendUvarint(out, uint64(len(in))), in...)
}

// nested is a request with one attribute of so many AnyValues inside each other, as arrays or as maps.
func nested(levels int, maps bool) []byte {
	v := []byte{1<<3 | 2, 0}
	slices.Reverse(v)
	wrap := func(num byte) { // v is written backwards, so that a level is an append
		size := binary.AppendUvarint(nil, uint64(len(v)))
		slices.Reverse(size)
		v = append(append(v, size...), num<<3|2)
	}
	for range levels - 1 {
		if wrap(1); maps {
			v[len(v)-1] = 2<<3 | 2 // value of a KeyValue without a key
			wrap(1)
			wrap(6)
		} else {
			wrap(5)
		}
	}
	for _, num := range []byte{2, 9, 2, 2, 1} {
		wrap(num)
	}
	slices.Reverse(v)
	return v
}

func TestNestingIsAllowedTo64Levels(t *testing.T) {
	t.Parallel()
	var r walk.Result
	for _, maps := range []bool{false, true} {
		if err := walk.Traces(nested(64, maps), window, &r); err != nil {
			t.Errorf("64 levels (maps %v): %v", maps, err)
		}
		for _, levels := range []int{65, 100, 20_000} {
			if err := walk.Traces(nested(levels, maps), window, &r); !errors.Is(err, walk.ErrTooDeep) {
				t.Errorf("%d levels (maps %v): %v", levels, maps, err)
			}
		}
	}
}

func TestBodiesThatAreNoRequest(t *testing.T) {
	t.Parallel()
	sp := func(in []byte) []byte { return field(1, field(2, field(2, in))) }
	good := request(t, func(ptrace.Traces) {})
	for name, b := range map[string][]byte{
		"garbage":              []byte("this is not protobuf"),
		"cut":                  good[:len(good)-3],
		"trace id of 15 bytes": sp(field(1, make([]byte, 15))),
		"span id of 7 bytes":   sp(field(2, make([]byte, 7))),
		"parent of 9 bytes":    sp(field(4, make([]byte, 9))),
		"link's id of 3 bytes": sp(field(13, field(1, make([]byte, 3)))),
		"name is a number":     sp([]byte{5 << 3, 1}),
		"field number 0":       {0, 0},
		"end of no group":      sp([]byte{20<<3&0x7f | 4 | 0x80, 1}),
		"endless varint":       {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		var r walk.Result
		if err := walk.Traces(b, window, &r); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	var r walk.Result
	if err := walk.Traces(nil, window, &r); err != nil || r.Items != 0 {
		t.Errorf("an empty request: %v", err)
	}
}

func TestOldScopesCountWhereThereAreNoNewOnes(t *testing.T) {
	t.Parallel()
	scope := field(2, nil) // one span without ids
	var r walk.Result
	if err := walk.Traces(field(1, field(1000, scope)), window, &r); err != nil || r.Items != 1 {
		t.Errorf("alone: %d spans, %v", r.Items, err)
	}
	if err := walk.Traces(field(1, append(field(1000, scope), field(2, append(scope, scope...))...)), window, &r); err != nil || r.Items != 2 {
		t.Errorf("beside new ones: %d spans, %v", r.Items, err)
	}
}

func TestWalkDoesNotAllocate(t *testing.T) {
	b := sample.Request(1, 500, now)
	var r walk.Result
	if n := testing.AllocsPerRun(10, func() {
		if err := walk.Traces(b, window, &r); err != nil || r.Items != 500 {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// hasGroup says that somewhere in b there may be a group; pdata stops inside groups, so it is no oracle there.
func hasGroup(b []byte) bool {
	for _, c := range b {
		if c&7 == 3 || c&7 == 4 {
			return true
		}
	}
	return false
}

// FuzzTraces: never panics, and what it accepts pdata accepts too, with as many spans.
func FuzzTraces(f *testing.F) {
	f.Add(sample.Request(1, 2, now))
	f.Add(nested(3, false))
	f.Add(nested(3, true))
	f.Add(field(1, field(1000, field(2, nil))))
	f.Add([]byte{0x0a, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b, walk.Traces, pdataTraces) })
}

func BenchmarkTraces(b *testing.B) {
	const spans = 512
	for name, body := range map[string][]byte{"sdk": sample.Request(1, spans, now), "collector": sample.CollectorRequest(1, spans, now)} {
		b.Run(name, func(b *testing.B) {
			var r walk.Result
			b.ReportAllocs()
			for b.Loop() {
				if err := walk.Traces(body, window, &r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
		})
	}
}
