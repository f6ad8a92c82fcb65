package query_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/query/traceapi"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// shop answers as storage would after an hour of a small shop. It is for the shape of answers: what SQL finds is tested beside
// the readers, on the engine.
type shop struct {
	err     error         // what every read fails with
	block   chan struct{} // what every read waits for, if it is set
	more    []traces.Span // of the trace
	total   int           // spans of the trace; 0: all
	missing int           // minutes without rollups
	ended   chan error    // gets the context's error of a read that was cut short
}

var (
	now       = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	shopStart = time.Date(2026, 5, 4, 9, 30, 0, 123456789, time.UTC)
	shopTrace = must(traces.ParseTraceID("6637a1b0c4d5e6f708192a3b4c5d6e7f"))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const ms = time.Millisecond

func (s *shop) wait(ctx context.Context) error {
	if s.block != nil {
		select {
		case <-s.block:
		case <-ctx.Done():
			if s.ended != nil {
				s.ended <- ctx.Err()
			}
			return fmt.Errorf("read: %w", ctx.Err())
		}
	}
	return s.err
}

func shopSpans() []traces.Span {
	type row struct {
		id, parent     byte
		service, name  string
		start, took    time.Duration
		kind           traces.Kind
		class          traces.Class
		http           uint16
		peer, peerType string
	}
	var spans []traces.Span
	for i, r := range []row{
		{0xa1, 0, "web", "POST /buy", 0, 120 * ms, traces.KindServer, traces.ClassFault, 500, "", ""},
		{0xb2, 0xa1, "web", "POST", 5 * ms, 110 * ms, traces.KindClient, traces.ClassFault, 500, "checkout", "remote"},
		{0xc3, 0xb2, "checkout", "POST /checkout", 8 * ms, 104 * ms, traces.KindServer, traces.ClassFault, 500, "", ""},
		{0xd4, 0xc3, "checkout", "SELECT orders", 10 * ms, 12 * ms, traces.KindClient, traces.ClassOK, 0, "orders", "Database::PostgreSQL"},
		{0xe5, 0xc3, "checkout", "POST", 24 * ms, 60 * ms, traces.KindClient, traces.ClassFault, 503, "payment", "remote"},
		{0xf6, 0xe5, "payment", "POST /charge", 22500 * time.Microsecond, 56 * ms, traces.KindServer, traces.ClassFault, 503, "", ""}, // its clock is behind
		{0xa7, 0xc3, "checkout", "orders.placed publish", 90 * ms, 10 * ms, traces.KindProducer, traces.ClassOK, 0, "orders.placed", "Kafka::Topic"},
		{0xb8, 0xa7, "shipping", "orders.placed process", 130 * ms, 40 * ms, traces.KindConsumer, traces.ClassOK, 0, "orders.placed", "Kafka::Topic"},
	} {
		id := func(b byte) traces.SpanID { return traces.SpanID(uint64(b) * 0x0101010101010101) }
		span := traces.Span{
			TraceID: shopTrace, SpanID: id(r.id), ParentID: id(r.parent), Flags: 257, Name: r.name, Kind: r.kind,
			Start: shopStart.Add(r.start), Duration: r.took, Class: r.class, HTTPStatus: r.http,
			Service: r.service, ServiceType: "service", Namespace: "shop", Env: "prod", Version: "1.4.2",
			PeerName: r.peer, PeerType: r.peerType, Weight: 1,
		}
		if r.class == traces.ClassFault {
			span.Status = traces.StatusError
		}
		if r.service == "checkout" {
			span.ServiceType = "AWS::ECS::Container"
		}
		span.NumEvents = map[int]int{5: 1}[i]
		span.NumLinks = map[int]int{7: 1}[i]
		spans = append(spans, span)
	}
	return spans
}

// whole fills in what light reads leave out.
func whole(s traces.Span) traces.Span {
	text := func(k, v string) traces.Attr { return traces.Attr{Key: k, Type: traces.ValueString, Text: v} }
	s.Attrs = []traces.Attr{
		{Key: "cached", Type: traces.ValueBool, Text: "false"},
		{Key: "digest", Type: traces.ValueBytes, Text: "AQID"},
		text("http.request.method", "POST"),
		{Key: "http.response.status_code", Type: traces.ValueInt, Text: "503"},
		{Key: "nothing", Type: traces.ValueEmpty},
		{Key: "tags", Type: traces.ValueJSON, Text: `{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"2"}]}}`},
		{Key: "total", Type: traces.ValueFloat, Text: "12.5"},
	}
	s.Scope = traces.Scope{Name: "otelhttp", Version: "0.69.0", Attrs: []traces.Attr{text("short", "yes")}}
	s.Resource = &traces.Resource{SchemaURL: "https://opentelemetry.io/schemas/1.37.0", Attrs: []traces.Attr{
		text("deployment.environment.name", s.Env), text("service.name", s.Service), text("service.namespace", s.Namespace), text("service.version", s.Version),
	}}
	copy(s.Resource.ID[:], s.Service)
	s.StatusMessage = "card processor is down"
	s.DroppedAttrs = 2
	if s.NumEvents > 0 {
		s.Events = []traces.Event{{Time: s.Start.Add(50 * ms), Name: "exception", Attrs: []traces.Attr{
			text("exception.message", "dial tcp 10.0.0.9:443: connection refused"),
			text("exception.stacktrace", "main.charge\n\t/src/charge.go:41\nmain.main\n\t/src/main.go:12"),
			text("exception.type", "*net.OpError"),
		}}}
	}
	if s.NumLinks > 0 {
		s.Links = []traces.Link{{TraceID: shopTrace, SpanID: s.ParentID, TraceState: "ot=th:8", Attrs: []traces.Attr{text("messaging.operation.name", "process")}}}
	}
	return s
}

func (s *shop) Trace(ctx context.Context, project string, id traces.TraceID, _ traces.Range) ([]traces.Span, int, error) {
	if err := s.wait(ctx); err != nil {
		return nil, 0, err
	}
	if project != "default" || id != shopTrace {
		return nil, 0, fmt.Errorf("read trace: %w", traces.ErrNotFound)
	}
	spans := append(shopSpans(), s.more...)
	return spans, max(s.total, len(spans)), nil
}

func (s *shop) Timeline(ctx context.Context, project string, id traces.TraceID, hint traces.Range) ([]traces.Span, *traces.LeanTrace, error) {
	spans, total, err := s.Trace(ctx, project, id, hint)
	if err != nil || total <= len(spans) {
		return spans, nil, err
	}
	lean := leanOf(spans)
	lean.Total = total
	return nil, lean, nil
}

// leanOf is a trace as large ones are read.
func leanOf(spans []traces.Span) *traces.LeanTrace {
	t := &traces.LeanTrace{TraceID: spans[0].TraceID}
	text := func(s string) int32 {
		t.Texts = append(t.Texts, s)
		return int32(len(t.Texts) - 1)
	}
	for _, s := range spans {
		t.Spans = append(t.Spans, traces.Lean{
			SpanID: s.SpanID, ParentID: s.ParentID, Start: s.Start.UnixNano(), Duration: int64(s.Duration), Source: int32(len(t.Sources)),
			Name: text(s.Name), PeerType: text(s.PeerType), PeerName: text(s.PeerName), Events: uint32(s.NumEvents), Links: uint32(s.NumLinks),
			HTTPStatus: s.HTTPStatus, Kind: uint8(s.Kind), Class: uint8(s.Class), Status: uint8(s.Status), State: uint8(s.State),
		})
		t.Sources = append(t.Sources, traces.Source{Service: s.Service, ServiceType: s.ServiceType, Namespace: s.Namespace, Env: s.Env, Version: s.Version})
	}
	return t
}

func (s *shop) Whole(ctx context.Context, project string, id traces.TraceID, hint traces.Range) ([]traces.Span, error) {
	spans, _, err := s.Trace(ctx, project, id, hint)
	for i := range spans {
		spans[i] = whole(spans[i])
	}
	return spans, err
}

func (s *shop) EachWhole(ctx context.Context, project string, id traces.TraceID, each func([]traces.Span) error) error {
	spans, err := s.Whole(ctx, project, id, traces.Range{})
	if err != nil {
		return err
	}
	return each(spans)
}

func (s *shop) Wholes(ctx context.Context, project string, ids []traces.TraceID, _ int) (found [][]traces.Span, all bool, err error) {
	for _, id := range ids {
		spans, err := s.Whole(ctx, project, id, traces.Range{})
		if err != nil && !errors.Is(err, traces.ErrNotFound) {
			return nil, false, err
		}
		found = append(found, spans)
	}
	return found, true, nil
}

func (s *shop) Span(ctx context.Context, project string, id traces.TraceID, span traces.SpanID, hint traces.Range) ([]traces.Span, error) {
	spans, err := s.Whole(ctx, project, id, hint)
	if err != nil {
		return nil, err
	}
	for _, found := range spans {
		if found.SpanID == span {
			return []traces.Span{found}, nil
		}
	}
	return nil, fmt.Errorf("read span: %w", traces.ErrNotFound)
}

func (s *shop) LinkedFrom(ctx context.Context, _ string, _ traces.TraceID, span traces.SpanID, _ int) ([]traces.Link, error) {
	spans := shopSpans()
	if span == spans[6].SpanID {
		return []traces.Link{{TraceID: shopTrace, SpanID: spans[7].SpanID}}, s.wait(ctx)
	}
	return nil, s.wait(ctx)
}

func (s *shop) Search(ctx context.Context, q traces.SearchQuery) (traces.SearchPage, error) {
	page := traces.SearchPage{SearchedFrom: q.Range.From, RowsRead: 8192, Complete: true, Elapsed: 7400 * time.Microsecond}
	if err := s.wait(ctx); err != nil || !q.Cursor.IsZero() {
		return page, err // the second page is the last
	}
	spans := shopSpans()
	match := func(s traces.Span) traces.Match {
		return traces.Match{SpanID: s.SpanID, Start: s.Start, Duration: s.Duration, Service: s.Service, Name: s.Name, Class: s.Class}
	}
	lone := spans[2]
	lone.Start, lone.Duration, lone.Class, lone.Name = shopStart.Add(-time.Second), 3*ms, traces.ClassOK, "GET /cart"
	page.Traces = []traces.Summary{
		{TraceID: shopTrace, Start: shopStart, Duration: 170 * ms, HasRoot: true, RootService: "web", RootName: "POST /buy", Spans: 8, Errors: 5,
			Class: traces.ClassFault, Matched: match(spans[2]),
			Services: []traces.ServiceShare{{Name: "checkout", Spans: 4, Errors: 2}, {Name: "web", Spans: 2, Errors: 2}, {Name: "payment", Spans: 1, Errors: 1}, {Name: "shipping", Spans: 1}}},
		{TraceID: traces.TraceID{0: 0x66, 15: 1}, Start: lone.Start, Duration: lone.Duration, Spans: 1, Matched: match(lone), InProgress: true,
			Services: []traces.ServiceShare{{Name: "checkout", Spans: 1}}},
	}
	page.Next = traces.Cursor{Start: lone.Start, TraceID: page.Traces[1].TraceID}
	page.Complete, page.Reason, page.SearchedFrom = false, traces.ReasonTimeLimit, lone.Start
	return page, nil
}

func requests(ok, errors, throttles, faults float64, each time.Duration) traces.Measure {
	m := traces.Measure{OK: ok, Error: errors, Throttle: throttles, Fault: faults, Latency: make(map[uint16]float64)}
	n := m.Requests()
	m.Duration = n * float64(each)
	for i, share := range []float64{.5, .3, .15, .05} { // a tail to the right
		m.Latency[traces.LatencyBucket(uint64(each))+uint16(6*i)-4] += n * share
	}
	return m
}

func shopService(name string) traces.End {
	end := traces.End{Kind: traces.EndService, Type: "service", Env: "prod", Namespace: "shop", Name: name}
	if name == "checkout" {
		end.Type = "AWS::ECS::Container"
	}
	return end
}

func (s *shop) Map(ctx context.Context, _ string, in traces.Range) (traces.MapRows, error) {
	inferred := func(kind, name string) traces.End {
		return traces.End{Kind: traces.EndInferred, Type: kind, Env: "prod", Name: name}
	}
	node := func(name, version string, m traces.Measure) traces.NodeRow {
		end := shopService(name)
		m.Max = 900_000_000
		return traces.NodeRow{Env: end.Env, Namespace: end.Namespace, Name: name, Type: end.Type, Version: version, Measure: m}
	}
	edge := func(from, to traces.End, m traces.Measure) traces.EdgeRow {
		return traces.EdgeRow{From: from, To: to, Measure: m}
	}
	called := edge(shopService("web"), shopService("checkout"), requests(1150, 20, 0, 30, 65*ms))
	called.Server = requests(1200, 0, 0, 0, 60*ms)
	consumed := edge(inferred("Kafka::Topic", "orders.placed"), shopService("shipping"), requests(1100, 0, 0, 0, 40*ms))
	consumed.Async, consumed.Age = true, requests(1100, 0, 0, 0, 120*ms)
	client := traces.End{Kind: traces.EndClient, Type: "client", Env: "prod", Name: "web"}
	return traces.MapRows{
		Range:   in,
		Missing: s.missing,
		Nodes: []traces.NodeRow{
			node("web", "2.3.0", requests(3500, 40, 10, 50, 80*ms)),
			node("checkout", "1.4.1", requests(575, 10, 0, 5, 60*ms)),
			node("checkout", "1.4.2", requests(575, 10, 0, 25, 60*ms)),
			node("payment", "0.9.0", requests(1170, 0, 0, 30, 30*ms)),
			node("shipping", "3.0.0", requests(1100, 0, 0, 0, 40*ms)),
		},
		Edges: []traces.EdgeRow{
			edge(client, shopService("web"), requests(3500, 40, 10, 50, 80*ms)),
			called,
			edge(shopService("checkout"), shopService("payment"), requests(1165, 0, 0, 35, 34*ms)),
			edge(shopService("checkout"), inferred("Database::PostgreSQL", "orders"), requests(2400, 0, 0, 0, 4*ms)),
			edge(shopService("checkout"), inferred("Kafka::Topic", "orders.placed"), requests(1120, 0, 0, 0, 2*ms)),
			consumed,
		},
	}, s.wait(ctx)
}

// eachStep calls f for the steps of a range.
func eachStep(in traces.Range, step time.Duration, f func(at time.Time)) {
	for at := in.From.Truncate(step); at.Before(in.To); at = at.Add(step) {
		f(at)
	}
}

func (s *shop) Services(ctx context.Context, q traces.ServiceQuery) ([]traces.NodeRow, error) {
	var rows []traces.NodeRow
	for i, name := range []string{"web", "checkout", "payment", "shipping"} {
		end := shopService(name)
		if q.Name != "" && q.Name != name || q.Env != nil && *q.Env != end.Env || q.Type != "" && q.Type != end.Type {
			continue
		}
		eachStep(q.Range, q.Step, func(at time.Time) {
			version := "1.4.1"
			if at.Minute() >= 30 {
				version = "1.4.2"
			}
			rows = append(rows, traces.NodeRow{At: at, First: at, Last: at, Env: end.Env, Namespace: end.Namespace, Name: name, Type: end.Type, Version: version, Spans: 90,
				Measure: requests(float64(20*(i+1)), 1, 0, float64(at.Minute()/45), time.Duration(i+1)*20*ms)})
		})
	}
	return rows, s.wait(ctx)
}

func (s *shop) Operations(ctx context.Context, _ traces.ServiceQuery) ([]traces.OperationRow, error) {
	return []traces.OperationRow{
		{Name: "GET /cart", Kind: traces.KindServer, Measure: requests(150, 0, 0, 0, 8*ms)},
		{Name: "POST /checkout", Kind: traces.KindServer, Measure: requests(1000, 20, 0, 30, 70*ms)},
	}, s.wait(ctx)
}

func (s *shop) MapAndEntries(ctx context.Context, project string, in traces.Range, step time.Duration) (traces.MapRows, []traces.EdgeRow, error) {
	rows, err := s.Map(ctx, project, in)
	entries, _ := s.Edges(ctx, traces.EdgeQuery{Range: in, Step: step})
	return rows, entries, err
}

func (s *shop) Edges(ctx context.Context, q traces.EdgeQuery) ([]traces.EdgeRow, error) {
	var rows []traces.EdgeRow
	eachStep(q.Range, q.Step, func(at time.Time) {
		rows = append(rows, traces.EdgeRow{At: at, Measure: requests(58, 1, 0, float64(at.Minute()/30), 80*ms)})
	})
	return rows, s.wait(ctx)
}

func (s *shop) Keys(ctx context.Context, _ string, _ traces.Range, prefix string, _ int) ([]traces.KeyCount, error) {
	var out []traces.KeyCount
	for i, key := range []string{"http.route", "server.address", "user id"} {
		if strings.HasPrefix(key, prefix) {
			out = append(out, traces.KeyCount{Attr: filter.Attr{Scope: filter.Span, Key: key}, Count: float64(int(9000) >> i)})
		}
	}
	return out, s.wait(ctx)
}

func (s *shop) Values(ctx context.Context, _ string, _ traces.Range, _ filter.Attr, prefix string, _ int) ([]traces.ValueCount, error) {
	var out []traces.ValueCount
	for i, value := range []string{"checkout", "check out", "payment"} {
		if strings.HasPrefix(value, prefix) {
			out = append(out, traces.ValueCount{Value: value, Count: float64(int(1200) >> i)})
		}
	}
	return out, s.wait(ctx)
}

func (s *shop) status(context.Context) (traceapi.Status, error) {
	oldest := now.Add(-400 * ms)
	ingest := traceapi.Ingest{Received: 9042, Stored: 9000, Dropped: map[string]int64{"filter/health": 30}, Deduplicated: 5, InJournal: 4, Rejected: map[string]int64{"invalid_trace_id": 2, "ts_future": 1}}
	return traceapi.Status{
		Version: "0.1.0", Started: now.Add(-2 * time.Hour), HasData: true,
		Endpoints: traceapi.Endpoints{HTTP: "127.0.0.1:7070", OTLPGRPC: "127.0.0.1:4317", OTLPHTTP: "127.0.0.1:4318"},
		Engine:    traceapi.EngineStatus{State: "ready", Version: "26.5.1"},
		Refused:   map[string]int64{"auth": 3, "media_type": 1},
		Examples: map[string][]traceapi.RefusalExample{"ts_future": {{Time: now.Add(-time.Minute), Signal: "traces", Protocol: "otlp/grpc", Peer: "10.1.2.3:41234",
			Message: "span 4 of 10 starts at 2026-05-04T13:00:00Z, more than 1h0m0s ahead of this clock (err-sightline-span-too-new)"}}},
		Damaged:  map[string]traceapi.Damage{"spans": {Unreadable: 1, Aside: 2}},
		Arrivals: []traceapi.Arrival{{Signal: "traces", Protocol: "otlp/grpc", Requests: 40, Bytes: 4 << 20, Items: 9012, Last: now.Add(-time.Second)}},
		Ingest:   map[string]traceapi.Ingest{"traces": ingest},
		LagMS:    412.5, Journal: traceapi.JournalStatus{Bytes: 1 << 20, MaxBytes: 4 << 30, Segments: 1, Oldest: &oldest}, Loader: traceapi.LoaderStatus{State: "loading", Batches: 12},
		Projects: []traceapi.ProjectIngest{{Signal: "traces", Project: "default", Ingest: ingest}},
		Storage:  traceapi.StorageStatus{SpanRows: 9000, Bytes: 1 << 19}, Retention: traceapi.RetentionStatus{TracesDays: 7, LogsDays: 7, MetricsDays: 30, RollupsDays: 90},
	}, nil
}

// many spans below the root, for what is about size.
func many(n int) []traces.Span {
	root := shopSpans()[0]
	spans := make([]traces.Span, n)
	for i := range spans {
		s := root
		s.SpanID, s.ParentID = traces.SpanID(i+1), root.SpanID
		if i > 10 {
			s.ParentID = traces.SpanID(i / 10)
		}
		s.Start, s.Duration, s.Class, s.Status = root.Start.Add(time.Duration(i)*time.Microsecond), 5*ms, traces.ClassOK, 0
		s.Name = fmt.Sprintf("step %d", binary.BigEndian.Uint16([]byte{byte(i), byte(i >> 3)})%100)
		spans[i] = s
	}
	return spans
}

var errEngine = fmt.Errorf("read trace: %w", conn.ErrUnavailable)
