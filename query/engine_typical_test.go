package query_test

import (
	"net/url"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// visit is a request of a shop, and the calls below it: "db" below the request, "db/scan" below that.
type visit struct {
	took  time.Duration
	calls []string
	fault bool
}

// visits stores requests a second apart, the last the newest; their ids are their numbers from 1 on.
func (l *live) visits(t *testing.T, list []visit) {
	data := ptrace.NewTraces()
	rs := data.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	for n, v := range list {
		start := l.start.Add(time.Duration(n) * time.Second)
		ids := map[string]byte{}
		add := func(name string, id, parent byte, kind ptrace.SpanKind, took time.Duration) ptrace.Span {
			s := spans.AppendEmpty()
			s.SetTraceID(pcommon.TraceID{0: 0x55, 15: byte(n + 1)})
			s.SetSpanID(pcommon.SpanID{0: byte(n + 1), 7: id})
			if parent != 0 {
				s.SetParentSpanID(pcommon.SpanID{0: byte(n + 1), 7: parent})
			}
			s.SetName(name)
			s.SetKind(kind)
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(took)))
			return s
		}
		root := add("GET /", 1, 0, ptrace.SpanKindServer, v.took)
		if v.fault {
			root.Status().SetCode(ptrace.StatusCodeError)
		}
		ids[""] = 1
		for i, call := range v.calls {
			above := ""
			for at := range call {
				if call[at] == '/' {
					above = call[:at]
				}
			}
			ids[call] = byte(i + 2)
			add(call, byte(i+2), ids[above], ptrace.SpanKindInternal, time.Millisecond)
		}
	}
	store(t, l.db, "default", data)
}

type typicalAnswer struct {
	Stats struct {
		P50 int64 `json:"p50_ns"`
	}
	Typical *struct {
		TraceID                   string        `json:"trace_id"`
		Duration                  time.Duration `json:"duration_ns"`
		Class, By                 string
		Sample, Alike, Structures int
		Median                    int64 `json:"median_ns"`
	}
}

func TestTypicalTraceDoesWhatMostDo(t *testing.T) {
	l := newLive(t)
	usual, cached := []string{"db", "db/scan", "pay"}, []string{"cache"}
	looped := []string{"db", "db/scan", "pay", "pay", "pay"} // the same, since repeats are folded
	l.visits(t, []visit{
		{took: 30 * ms, calls: usual}, {took: 90 * ms, calls: looped}, {took: 41 * ms, calls: usual}, {took: 44 * ms, calls: looped}, {took: 200 * ms, calls: usual},
		{took: 40 * ms, calls: cached}, {took: 40 * ms, calls: cached}, {took: 40 * ms, calls: nil}, // nearest the median, and not what most do
		{took: 70 * ms, calls: []string{"db"}, fault: true}, {took: 60 * ms, calls: []string{"db"}, fault: true}, {took: 65 * ms, calls: usual, fault: true},
	})
	l.rollUp(t, 2)
	target := "/api/services/shop/operations/" + url.PathEscape("GET /") + "?kind=server"
	var o typicalAnswer
	l.get(t, target, &o)
	if p := o.Typical; p == nil || p.By != "structure" || p.Class != "ok" || p.Sample != 8 || p.Alike != 5 || p.Structures != 3 || p.Median != o.Stats.P50 {
		t.Fatalf("%+v", p)
	}
	if p := o.Typical; p.Duration != 41*ms && p.Duration != 44*ms { // the median is of buckets
		t.Errorf("median %v: %+v", time.Duration(o.Stats.P50), p)
	}
	l.get(t, target+"&class=fault", &o)
	if p := o.Typical; p == nil || p.Class != "fault" || p.Sample != 3 || p.Alike != 2 || p.Duration != 60*ms {
		t.Errorf("%+v", p)
	}
	l.get(t, target+"&class=throttle", &o)
	if o.Typical != nil {
		t.Errorf("%+v", o.Typical)
	}
}

func TestTypicalTraceIsLookedForNearTheMedianWhereTheNewestAreOdd(t *testing.T) {
	l := newLive(t)
	other := visit{took: 20 * ms, calls: []string{"other"}}
	var list []visit
	for range 60 {
		list = append(list, other)
	}
	list = append(list, visit{took: 22 * ms, calls: []string{"db"}}, other, other) // older than the sample
	// Half of the newest, and slower than the median.
	for range 40 {
		list = append(list, visit{took: 100 * ms, calls: []string{"db"}})
	}
	for i := range 39 {
		list = append(list, visit{took: 20 * ms, calls: []string{"other" + string(rune('a'+i))}})
	}
	l.visits(t, list)
	l.rollUp(t, 4)
	var o typicalAnswer
	l.get(t, "/api/services/shop/operations/"+url.PathEscape("GET /")+"?kind=server", &o)
	if p := o.Typical; p == nil || p.By != "structure" || p.Sample != 80 || p.Alike != 40 || p.Duration != 22*ms {
		t.Errorf("%+v", p)
	}
}
