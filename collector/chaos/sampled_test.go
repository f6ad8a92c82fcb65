package chaos_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// TestSampledTracesCountAsAllOnTheMap: of traces that a processor keeps a quarter of, the map shows the counts of all.
func TestSampledTracesCountAsAllOnTheMap(t *testing.T) {
	t.Parallel()
	example, err := filepath.Abs("../../deploy/config/examples/probabilistic-sampling.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pr := &program{binary: build(t, "../.."), data: t.TempDir(), at: hold(t, 3), env: []string{"SIGHTLINE_CONFIG=" + example}, log: t.Output()}
	p := pr.start(t, "")
	if p == nil {
		t.Fatal("the program does not start")
	}
	const traces = 4000 // so the count is off by 110, one sigma
	body, err := ptraceotlp.NewExportRequestFromTraces(twoServices(traces, time.Now().Add(-10*time.Minute))).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience(20 * time.Second)}
	resp, err := client.Post(p.otlp, "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("answer %d", resp.StatusCode)
	}
	var got struct {
		Nodes []struct {
			Name, Kind string
			Stats      *struct{ Requests, Fault float64 }
		}
		Edges []struct{ Stats *struct{ Requests float64 } }
	}
	near := func(count, want float64) bool { // within four sigmas of a count of weights of 4
		return math.Abs(count-want) < 4*math.Sqrt(3*want)
	}
	for deadline := time.Now().Add(patience(60 * time.Second)); ; time.Sleep(200 * time.Millisecond) {
		resp, err := client.Get(p.control + "/api/map?from=now-30m&to=now")
		if err != nil && time.Now().Before(deadline) {
			continue // the page comes after the receiver
		} else if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(resp.Body).Decode(&got)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		right := map[string]bool{}
		for _, n := range got.Nodes {
			if n.Kind == "service" && n.Stats != nil && near(n.Stats.Requests, traces) && near(n.Stats.Fault, traces/10) {
				right[n.Name] = true
			}
		}
		for _, e := range got.Edges {
			if e.Stats != nil && near(e.Stats.Requests, traces) {
				right["an edge"] = true
			}
		}
		if right["web"] && right["cart"] && right["an edge"] {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the map is %+v", got)
		}
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// twoServices are traces of web, which calls cart; every tenth fails.
func twoServices(traces int, from time.Time) ptrace.Traces {
	rnd := rand.New(rand.NewPCG(25, 4))
	td := ptrace.NewTraces()
	spans := map[string]ptrace.SpanSlice{}
	for _, service := range []string{"web", "cart"} {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		spans[service] = rs.ScopeSpans().AppendEmpty().Spans()
	}
	for i := range traces {
		var trace pcommon.TraceID
		for j := range trace {
			trace[j] = byte(rnd.Uint32())
		}
		var parent pcommon.SpanID
		for j, kind := range []ptrace.SpanKind{ptrace.SpanKindServer, ptrace.SpanKindClient, ptrace.SpanKindServer} {
			s := spans[[]string{"web", "web", "cart"}[j]].AppendEmpty()
			s.SetTraceID(trace)
			s.SetParentSpanID(parent)
			parent = pcommon.SpanID{byte(j + 1), byte(i >> 8), byte(i), 1}
			s.SetSpanID(parent)
			s.SetKind(kind)
			s.SetName("GET /cart")
			at := from.Add(time.Duration(i) * 50 * time.Millisecond)
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(5 * time.Millisecond)))
			status := int64(200)
			if i%10 == 0 {
				status = 500
				s.Status().SetCode(ptrace.StatusCodeError)
			}
			s.Attributes().PutInt("http.response.status_code", status)
		}
	}
	return td
}
