package query_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

// store keeps OTLP as the loader does.
func store(t *testing.T, db *conn.DB, project string, data ptrace.Traces) {
	t.Helper()
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(data)
	if err != nil {
		t.Fatal(err)
	}
	rows := traces.NewBatch(batch.NewID([8]byte{1}, time.Now()), batch.Policy{Redact: true})
	if err := rows.Append(batch.Request{Project: project, Received: time.Now(), Body: body, Items: data.SpanCount()}); err != nil {
		t.Fatal(err)
	}
	w := batch.NewWriter(db)
	for i, b := range rows.Blocks() {
		if err := w.Insert(t.Context(), b, fmt.Sprintf("%s-%d-%d", project, time.Now().UnixNano(), i)); err != nil {
			t.Fatal(err)
		}
	}
}

// order is a trace of web -> checkout -> PostgreSQL that failed, begun at start. Attributes are in the order of their keys, since
// that is how they come back.
func order(id byte, start time.Time) ptrace.Traces {
	data := ptrace.NewTraces()
	add := func(service string) ptrace.SpanSlice {
		rs := data.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.37.0")
		a := rs.Resource().Attributes()
		a.PutStr("deployment.environment.name", "prod")
		a.PutStr("service.name", service)
		a.PutStr("service.version", "1.0."+service)
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName("lib/" + service)
		return ss.Spans()
	}
	span := func(to ptrace.SpanSlice, n, parent byte, name string, kind ptrace.SpanKind, from, took time.Duration) ptrace.Span {
		s := to.AppendEmpty()
		s.SetTraceID(pcommon.TraceID{0: 0x66, 15: id})
		s.SetSpanID(pcommon.SpanID{0: id, 7: n})
		if parent != 0 {
			s.SetParentSpanID(pcommon.SpanID{0: id, 7: parent})
		}
		s.SetName(name)
		s.SetKind(kind)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(start.Add(from)))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(from + took)))
		return s
	}
	fail := func(s ptrace.Span, status int64) {
		s.Status().SetCode(ptrace.StatusCodeError)
		s.Attributes().PutInt("http.response.status_code", status)
	}
	web := add("web")
	fail(span(web, 1, 0, "POST /buy", ptrace.SpanKindServer, 0, 100*ms), 500)
	fail(span(web, 2, 1, "POST", ptrace.SpanKindClient, 5*ms, 90*ms), 500)
	checkout := add("checkout")
	s := span(checkout, 3, 2, "POST /orders", ptrace.SpanKindServer, 10*ms, 80*ms)
	fail(s, 500)
	s.TraceState().FromRaw("ot=th:8")
	a := s.Attributes()
	list := a.PutEmptySlice("items")
	list.AppendEmpty().SetStr("apple")
	list.AppendEmpty().SetInt(2)
	a.PutBool("member", true)
	a.PutEmptyBytes("raw").FromRaw([]byte{0, 255})
	a.PutDouble("total", 12.5)
	a.PutStr("user.name", "O'Brien \"\\ ünï")
	e := s.Events().AppendEmpty()
	e.SetName("exception")
	e.SetTimestamp(pcommon.NewTimestampFromTime(start.Add(50 * ms)))
	e.Attributes().PutStr("exception.type", "TimeoutError")
	l := s.Links().AppendEmpty()
	l.SetTraceID(pcommon.TraceID{0: 0x66, 15: id})
	l.SetSpanID(pcommon.SpanID{0: id, 7: 1})
	db := span(checkout, 4, 3, "SELECT orders", ptrace.SpanKindClient, 20*ms, 30*ms)
	db.Attributes().PutStr("db.namespace", "shop")
	db.Attributes().PutStr("db.system.name", "postgresql")
	db.Attributes().PutStr("server.address", "pg.internal")
	return data
}

// live is a server on the real engine.
type live struct {
	*query.Server
	db    *conn.DB
	c     contract
	start time.Time // of the first trace
}

func newLive(t *testing.T) *live {
	t.Helper()
	db := storagetest.Open(t)
	reader := traces.NewReader(db)
	srv := newServer(t, &shop{}, func(c *query.Config) {
		c.Traces.Spans, c.Traces.Sets, c.Traces.Rollups, c.Traces.Fleet, c.Traces.Words = reader, reader, reader, reader, reader
		c.Traces.Exceptions, c.Traces.TraceQL = reader, traceql.New(reader)
		c.Traces.Now, c.Now = time.Now, time.Now
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	})
	return &live{srv, db, openContract(t), time.Now().Add(-10 * time.Minute).Truncate(time.Second).Add(123456789).UTC()}
}

// get asks for something that must be there, checks it against the contract and decodes it.
func (l *live) get(t *testing.T, target string, into any) *httptest.ResponseRecorder {
	t.Helper()
	r := request("GET", target)
	w := do(l.Server, r)
	if w.Code != 200 {
		t.Fatalf("GET %s = %d %s", target, w.Code, w.Body)
	}
	l.c.check(t, r, w)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestStoredTraceIsShownAndExportedAsSent(t *testing.T) {
	l := newLive(t)
	sent := order(1, l.start)
	store(t, l.db, "default", sent)
	id := traces.TraceID{0: 0x66, 15: 1}

	var trace struct {
		Start     string
		Duration  int64 `json:"duration_ns"`
		Class     string
		Root      struct{ Service, Name string }
		SpanCount int `json:"span_count"`
		Depth     int
		Errors    []int
		Focus     int
		Dict      struct {
			Peer []string `json:"peer_name"`
			Type []string `json:"peer_type"`
		}
		Spans struct {
			ID   []string
			HTTP []int
		}
	}
	for _, spelling := range []string{id.String(), strings.ToUpper(id.String()), id.XRay()} {
		l.get(t, "/api/traces/"+spelling, &trace)
		if trace.Start != fmt.Sprint(l.start.UnixNano()) || trace.Duration != 1e8 || trace.Class != "fault" || trace.Root.Service != "web" || trace.Root.Name != "POST /buy" ||
			trace.SpanCount != 4 || trace.Depth != 4 || len(trace.Errors) != 3 || trace.Focus != 2 || fmt.Sprint(trace.Spans.HTTP) != "[500 500 500 0]" {
			t.Errorf("%+v", trace)
		}
	}
	hinted := fmt.Sprintf("?start=%d&end=%d", l.start.UnixNano(), l.start.UnixMilli()+100)
	l.get(t, "/api/traces/"+id.String()+hinted, &trace)
	l.get(t, "/api/traces/"+id.String()+"?start=now-300d&end=now-299d", &trace) // a wrong hint is harmless
	l.get(t, "/api/traces/"+id.String()+"?start=now", &trace)

	var span struct {
		Spans []struct {
			Name, TraceState string
			Attributes       []struct{ Key, Type, Value string }
			Resource         struct{ Attributes []struct{ Key, Value string } }
			Events           []struct {
				Name   string
				Offset int64 `json:"offset_ns"`
			}
			Links  []struct{ SpanID string }
			Linked []struct {
				SpanID string `json:"span_id"`
			} `json:"linked_from"`
		}
	}
	l.get(t, "/api/traces/"+id.String()+"/spans/"+trace.Spans.ID[2], &span)
	if s := span.Spans[0]; len(span.Spans) != 1 || s.Name != "POST /orders" || len(s.Attributes) != 6 || len(s.Resource.Attributes) != 3 || len(s.Links) != 1 || s.Events[0].Offset != 4e7 {
		t.Errorf("%+v", span)
	}
	l.get(t, "/api/traces/"+id.String()+"/spans/"+trace.Spans.ID[0], &span)
	if s := span.Spans[0]; len(s.Linked) != 1 || s.Linked[0].SpanID != trace.Spans.ID[2] {
		t.Errorf("linked from %+v", s.Linked)
	}

	var exported map[string]any
	w := l.get(t, "/api/traces/"+id.String()+"/otlp", &exported)
	back, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []ptrace.Traces{sent, back} {
		sortAttributes(data)
	}
	j := &ptrace.JSONMarshaler{}
	want, _ := j.MarshalTraces(sent)
	got, _ := j.MarshalTraces(back)
	if string(got) != string(want) {
		t.Errorf("sent\n%s\nexported\n%s", want, got)
	}
}

// sortAttributes puts the spans' attributes in the order of their keys, which is the order that storage gives.
func sortAttributes(data ptrace.Traces) {
	for _, rs := range data.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				raw := s.Attributes().AsRaw()
				sorted := pcommon.NewMap()
				keys := make([]string, 0, len(raw))
				for k := range raw {
					keys = append(keys, k)
				}
				slices.Sort(keys)
				for _, k := range keys {
					v, _ := s.Attributes().Get(k)
					v.CopyTo(sorted.PutEmpty(k))
				}
				sorted.CopyTo(s.Attributes())
			}
		}
	}
}

func TestSearchPagesThroughTheRealEngine(t *testing.T) {
	l := newLive(t)
	for i := range 5 {
		store(t, l.db, "default", order(byte(i+1), l.start.Add(time.Duration(i)*time.Minute)))
	}
	store(t, l.db, "other", order(77, l.start))
	var page struct {
		Traces []struct {
			TraceID string `json:"trace_id"`
			Spans   int
			Errors  int
			Class   string
			Root    *struct{ Service, Name string }
			Matched struct{ Service, Name string }
		}
		Next     *string `json:"next_cursor"`
		Complete bool
		Query    string
	}
	q := url.QueryEscape(`service:checkout and user.name = "O'Brien *" class = fault`)
	var seen []string
	target := "/api/traces?limit=2&q=" + q
	for range 5 {
		l.get(t, target, &page)
		for _, s := range page.Traces {
			seen = append(seen, s.TraceID[30:])
			if s.Spans != 4 || s.Errors != 3 || s.Class != "fault" || s.Root == nil || s.Root.Service != "web" || s.Matched.Name != "POST /orders" {
				t.Errorf("%+v", s)
			}
		}
		if page.Next == nil {
			break
		}
		target = "/api/traces?limit=2&q=" + q + "&cursor=" + *page.Next
	}
	if fmt.Sprint(seen) != "[05 04 03 02 01]" || !page.Complete {
		t.Errorf("found %v, complete %v", seen, page.Complete)
	}
	if page.Query != `service = checkout and user.name = "O'Brien *" and class = fault` {
		t.Errorf("canonical %s", page.Query)
	}
	l.get(t, "/api/traces?q="+url.QueryEscape("trace_id = "+traces.TraceID{0: 0x66, 15: 3}.XRay()), &page)
	if len(page.Traces) != 1 || page.Traces[0].TraceID[30:] != "03" {
		t.Errorf("by X-Ray's spelling: %+v", page.Traces)
	}
}

func TestProjectsDoNotSeeEachOther(t *testing.T) {
	l := newLive(t)
	store(t, l.db, "other", order(1, l.start))
	id := traces.TraceID{0: 0x66, 15: 1}.String()
	for _, target := range []string{"/api/traces/" + id, "/api/traces/" + id + "/otlp", "/api/traces/" + id + "/spans/0100000000000001"} {
		r := request("GET", target)
		w := do(l.Server, r)
		if w.Code != 404 || code(t, w) != "not_found" {
			t.Errorf("GET %s = %d", target, w.Code)
		}
		l.c.check(t, r, w)
	}
	var page struct{ Traces []any }
	l.get(t, "/api/traces?q=service=web", &page)
	if len(page.Traces) != 0 {
		t.Errorf("search finds %v", page.Traces)
	}
}

// TestQueriesAreValues sends texts that would mean something to SQL, a shell or a browser through every parameter that takes text.
func TestQueriesAreValues(t *testing.T) {
	l := newLive(t)
	store(t, l.db, "default", order(1, l.start))
	for _, text := range []string{`' OR 1=1 --`, `'); DROP TABLE spans; --`, `\'`, `{project:String}`, `%s%n`, "\x00", `${jndi:ldap://x}`, `<script>alert(1)</script>`, `../../etc/passwd`, "\u2028", `*`, `a' UNION SELECT 1`, "`", `(a+)+$`, `[`, `\C`} {
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
		for _, q := range []string{"service = " + quoted, "name != " + quoted, "name =~ " + quoted, "span." + quoted + " = 1", quoted, "resource." + quoted + " exists"} {
			w := do(l.Server, request("GET", "/api/traces?q="+url.QueryEscape(q)))
			if w.Code != 200 && (w.Code != 400 || code(t, w) != "bad_query") {
				t.Errorf("q = %s: %d %s", q, w.Code, w.Body)
			}
		}
		for _, target := range []string{"/api/traces?cursor=", "/api/complete?q=", "/api/traces?from="} {
			if w := do(l.Server, request("GET", target+url.QueryEscape(text))); w.Code >= 500 {
				t.Errorf("GET %s%s = %d %s", target, text, w.Code, w.Body)
			}
		}
	}
	var page struct{ Traces []any }
	l.get(t, "/api/traces", &page)
	if len(page.Traces) != 1 {
		t.Error("the spans are gone")
	}
}
