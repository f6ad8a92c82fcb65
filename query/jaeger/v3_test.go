package jaeger_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// otlp decodes an answer of API v3 as the collector decodes OTLP's JSON.
func otlp(t *testing.T, text string) ptrace.Traces {
	t.Helper()
	var envelope struct{ Result json.RawMessage }
	if err := json.Unmarshal([]byte(text), &envelope); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	data, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(envelope.Result)
	if err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return data
}

func tracesOfV3AreOTLP(t *testing.T, s *served) {
	data := otlp(t, s.get(t, "/api/v3/traces/4bf92f3577b34da6a3ce929d0e0e4736", 200))
	if data.SpanCount() != 6 || data.ResourceSpans().Len() != 3 {
		t.Fatalf("%d spans of %d resources", data.SpanCount(), data.ResourceSpans().Len())
	}
	web := data.ResourceSpans().At(0)
	if v, ok := web.Resource().Attributes().Get("service.name"); !ok || v.Str() != "web" {
		t.Errorf("the resource has %v", web.Resource().Attributes().AsRaw())
	}
	root := web.ScopeSpans().At(0).Spans().At(0)
	if root.TraceID().String() != "4bf92f3577b34da6a3ce929d0e0e4736" || root.SpanID().String() != "0000000000000001" || !root.ParentSpanID().IsEmpty() ||
		root.Kind() != ptrace.SpanKindServer || root.Status().Code() != ptrace.StatusCodeError || root.Status().Message() != "no card" ||
		!root.StartTimestamp().AsTime().Equal(s.base) || root.EndTimestamp().AsTime().Sub(s.base) != 100*time.Millisecond || root.TraceState().AsRaw() != "ot=th:0" {
		t.Errorf("%+v", root)
	}
	if got := fmt.Sprint(root.Attributes().AsRaw()); got != "map[big:9007199254740993 flag:true http.response.status_code:503 ratio:0.5]" {
		t.Errorf("attributes %s", got)
	}
	if root.Events().Len() != 1 || root.Events().At(0).Name() != "retry" || web.ScopeSpans().At(0).Scope().Name() != "otelhttp" {
		t.Errorf("events %d, scope %s", root.Events().Len(), web.ScopeSpans().At(0).Scope().Name())
	}
	order := data.ResourceSpans().At(1).ScopeSpans().At(0).Spans().At(0)
	if order.ParentSpanID().String() != "0000000000000002" || order.Links().Len() != 1 || order.Links().At(0).TraceID().String() != strings.Repeat("0", 31)+"2" {
		t.Errorf("parent %s, %d links", order.ParentSpanID(), order.Links().Len())
	}
	if text := s.get(t, "/api/v3/traces/77", 404); text != `{"error":{"httpCode":404,"message":"trace not found"}}` {
		t.Error(text)
	}
}

func searchOfV3(t *testing.T, s *served) {
	in := "query.startTimeMin=" + url.QueryEscape(s.base.Format(time.RFC3339Nano)) + "&query.startTimeMax=" + url.QueryEscape(s.base.Add(time.Minute).Format(time.RFC3339Nano))
	f := func(query string, spans int) {
		t.Helper()
		if got := otlp(t, s.get(t, "/api/v3/traces?"+in+"&"+query, 200)).SpanCount(); got != spans {
			t.Errorf("%s found %d spans, want %d", query, got, spans)
		}
	}
	f("query.serviceName=web", 7)
	f("query.service_name=web&query.operation_name=GET+/", 1)
	f("query.serviceName=web&query.searchDepth=1", 1)
	f("query.serviceName=web&query.num_traces=1", 1)
	f("query.durationMin=50ms", 6)
	f("query.duration_max=5ms&query.serviceName=checkout", 7)
	f("query.attributes="+url.QueryEscape(`{"http.status_code":"503","error":"true"}`), 6)
	if text := s.get(t, "/api/v3/traces?"+in+"&query.serviceName=nobody", 404); !strings.Contains(text, "No traces found") {
		t.Error(text)
	}

	type summaries struct {
		Summaries []struct {
			TraceID, RootServiceName, RootOperationName, MinStartTimeUnixNano, MaxEndTimeUnixNano string
			SpanCount, ErrorSpanCount                                                             int
			Services                                                                              []struct {
				Name                      string
				SpanCount, ErrorSpanCount int
			}
		}
	}
	a := decode[summaries](t, s.get(t, "/api/v3/trace-summaries?"+in+"&query.serviceName=shipping", 200))
	want := fmt.Sprintf(`[{4bf92f3577b34da6a3ce929d0e0e4736 web POST /buy %d %d 6 2 [{checkout 3 0} {shipping 1 0} {web 2 2}]}]`, s.base.UnixNano(), s.base.Add(100*time.Millisecond).UnixNano())
	if got := fmt.Sprint(a.Summaries); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}

	for target, message := range map[string]string{
		"/api/v3/traces":     "query.startTimeMin and query.startTimeMax are required",
		"/api/v3/operations": "malformed parameter service",
		"/api/v3/traces?query.startTimeMin=x&query.startTimeMax=y": `\"x\" is no time`,
		"/api/v3/trace-summaries?" + in + "&query.filter=1":        "filter expressions are not supported",
		"/api/v3/dependencies":                                     "start_time is required",
		"/api/v3/traces/xyz":                                       "is no trace id",
	} {
		if text := s.get(t, target, 400); !strings.Contains(text, message) || !strings.HasPrefix(text, `{"error":{"httpCode":400,"message":"`) {
			t.Errorf("%s: %s", target, text)
		}
	}
	if got := s.get(t, "/api/v3/services", 200); got != `{"services":["checkout","shipping","web"]}` {
		t.Error(got)
	}
	if got := s.get(t, "/api/v3/operations?service=web&span_kind=server", 200); got != `{"operations":[{"name":"GET /","spanKind":"server"},{"name":"POST /buy","spanKind":"server"}]}` {
		t.Error(got)
	}
	in = "startTime=" + url.QueryEscape(s.base.Add(-time.Hour).Format(time.RFC3339)) + "&endTime=" + url.QueryEscape(s.base.Add(time.Hour).Format(time.RFC3339))
	type dependencies struct {
		Dependencies []struct{ Parent, Child, CallCount string }
	}
	if got := fmt.Sprint(decode[dependencies](t, s.get(t, "/api/v3/dependencies?"+in, 200))); got != `{[{checkout shipping 1} {web checkout 1}]}` {
		t.Error(got)
	}
}
