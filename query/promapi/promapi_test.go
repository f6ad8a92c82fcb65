package promapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/promapi"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

// server answers as query.Server does: the routes, who asks, and errors in the route's form.
type server struct {
	*httptest.Server
	api    *promapi.API
	db     *conn.DB
	client promv1.API // the official one
}

func newServer(t *testing.T, change func(*promapi.Config)) *server {
	t.Helper()
	db := storagetest.Open(t)
	cfg := promapi.Config{Spans: traces.NewReader(db), Metrics: metrics.NewReader(db)}
	if change != nil {
		change(&cfg)
	}
	a, err := promapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	s := serve(t, a)
	s.db = db
	return s
}

func serve(t *testing.T, a *promapi.API) *server {
	t.Helper()
	mux := http.NewServeMux()
	for _, route := range a.Routes() {
		pattern := route.Method + " " + route.Pattern
		if strings.HasSuffix(route.Pattern, "/") {
			pattern = route.Pattern
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r = r.WithContext(api.WithCaller(r.Context(), api.Caller{Project: "default"}))
			if err := route.Handle(w, r); err != nil {
				if e := api.AsError(err); e.Code == api.Internal {
					t.Logf("%s %s: %v", r.Method, r.URL, err)
				}
				route.Fail(w, api.AsError(err), "id1")
			}
		})
	}
	s := &server{Server: httptest.NewServer(mux), api: a}
	t.Cleanup(s.Close)
	c, err := client.NewClient(client.Config{Address: s.URL + promapi.Prefix})
	if err != nil {
		t.Fatal(err)
	}
	s.client = promv1.NewAPI(c)
	return s
}

// get asks with parameters of a URL.
func (s *server) get(t *testing.T, path string, params ...string) (int, string) {
	t.Helper()
	target := s.URL + promapi.Prefix + path + "?" + form(params).Encode()
	r, err := http.Get(target)
	return answer(t, r, err)
}

// post asks with a form, as Grafana does.
func (s *server) post(t *testing.T, path string, params ...string) (int, string) {
	t.Helper()
	r, err := http.PostForm(s.URL+promapi.Prefix+path, form(params))
	return answer(t, r, err)
}

func form(params []string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		values.Add(params[i], params[i+1])
	}
	return values
}

func answer(t *testing.T, r *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b) {
		t.Fatalf("%s: not JSON: %.300s", r.Request.URL, b)
	}
	return r.StatusCode, string(b)
}

// writer puts spans together.
type writer struct {
	data  map[string]*tracepb.ResourceSpans
	spans int
	ids   uint64
}

func (w *writer) id() uint64 { w.ids++; return w.ids }

func bytesOf(n uint64, size int) []byte {
	b := make([]byte, size)
	for i := range 8 {
		b[size-1-i] = byte(n >> (8 * i))
	}
	return b
}

func text(key, v string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}}}
}

// add adds a span of a service and gives its id. A status of 0 says nothing of HTTP.
func (w *writer) add(service string, trace, parent uint64, name string, kind tracepb.Span_SpanKind, start time.Time, took time.Duration, status int64, attrs ...*commonpb.KeyValue) uint64 {
	r := w.data[service]
	if r == nil {
		r = &tracepb.ResourceSpans{
			Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{
				text("service.name", service), text("service.namespace", "shop"), text("service.version", "1.0"), text("deployment.environment.name", "prod"),
			}},
			ScopeSpans: []*tracepb.ScopeSpans{{}},
		}
		if w.data == nil {
			w.data = map[string]*tracepb.ResourceSpans{}
		}
		w.data[service] = r
	}
	id := w.id()
	s := &tracepb.Span{
		TraceId: bytesOf(trace, 16), SpanId: bytesOf(id, 8), Name: name, Kind: kind, Status: &tracepb.Status{}, Attributes: attrs,
		StartTimeUnixNano: uint64(start.UnixNano()), EndTimeUnixNano: uint64(start.Add(took).UnixNano()),
	}
	if parent != 0 {
		s.ParentSpanId = bytesOf(parent, 8)
	}
	if status != 0 {
		s.Attributes = append(s.Attributes, &commonpb.KeyValue{Key: "http.response.status_code", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: status}}})
	}
	r.ScopeSpans[0].Spans = append(r.ScopeSpans[0].Spans, s)
	w.spans++
	return id
}

// store writes the spans, and sums up the minutes of a range.
func (s *server) store(t *testing.T, w *writer, rolled traces.Range) {
	t.Helper()
	data := &tracepb.TracesData{}
	for _, r := range w.data {
		data.ResourceSpans = append(data.ResourceSpans, r)
	}
	body, err := proto.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	rows := traces.NewBatch(batch.NewID([8]byte{1}, time.Now()), batch.Policy{})
	if err := rows.Append(batch.Request{Project: "default", Received: time.Now(), Body: body, Items: w.spans}); err != nil {
		t.Fatal(err)
	}
	for i, b := range rows.Blocks() {
		if err := batch.NewWriter(s.db).Insert(t.Context(), b, fmt.Sprintf("%d-%d", time.Now().UnixNano(), i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := int(rolled.To.Sub(rolled.From) / time.Minute); n > 0 {
		if _, err := traces.NewRollup(s.db, 90).Recompute(context.WithoutCancel(t.Context()), "default", rolled.From, n, uint64(time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *server) matrix(t *testing.T, expr string, from, to time.Time, step time.Duration) model.Matrix {
	t.Helper()
	v, warnings, err := s.client.QueryRange(t.Context(), expr, promv1.Range{Start: from, End: to, Step: step})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%s: %v %v", expr, err, warnings)
	}
	return v.(model.Matrix)
}
