package segment

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// model makes random documents and, beside them, what has to be found in their spans.
type model struct {
	*rand.Rand
	next  uint64
	spans []wanted
}

type wanted struct {
	id, parent, name string
	start, end       uint64
	attrs            map[string]any // by attribute
	exceptions       []map[string]any
	links            int
}

func (m *model) word() string {
	letters := []rune("abcäß世 \"\\</&\n")
	out := make([]rune, 1+m.IntN(12))
	for i := range out {
		out[i] = letters[m.IntN(len(letters))]
	}
	return string(out)
}

func (m *model) scalar() any {
	switch m.IntN(4) {
	case 0:
		return m.word()
	case 1:
		return m.IntN(2) == 0
	case 2:
		return float64(m.Int64N(1<<53)) / 1024
	default:
		return m.Int64()
	}
}

// seconds is a time by its digits, and the same in ns.
func (m *model) seconds() (json.Number, uint64) {
	whole, ns := 1_500_000_000+m.Uint64N(300_000_000), m.Uint64N(1_000_000_000)
	if m.IntN(2) == 0 {
		text := fmt.Sprintf("%d%09d", whole, ns)
		return json.Number(text[:1] + "." + text[1:] + "E9"), whole*1e9 + ns
	}
	return json.Number(fmt.Sprintf("%d.%09d", whole, ns)), whole*1e9 + ns
}

// object makes random members: the document's names and the attributes that they become.
func (m *model) object(want map[string]any, names ...string) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(names); i += 2 {
		if m.IntN(2) == 0 {
			out[names[i]] = m.word()
			want[names[i+1]] = out[names[i]]
		}
	}
	return out
}

func (m *model) segment(depth int, parent string) map[string]any {
	m.next++
	start, startNs := m.seconds()
	w := wanted{id: fmt.Sprintf("%016x", m.next), parent: parent, name: m.word() + "x", start: startNs, attrs: map[string]any{}}
	doc := map[string]any{"id": w.id, "name": w.name, "start_time": start}
	if m.IntN(4) > 0 {
		var end json.Number
		end, w.end = m.seconds()
		doc["end_time"] = end
	} else {
		doc["in_progress"], w.attrs["aws.xray.inprogress"] = true, true
	}
	if depth == 0 {
		doc["trace_id"] = "1-5759e988-bd862e3fe1be46a994272793"
	}
	doc["http"] = map[string]any{
		"request": m.object(w.attrs, "method", "http.request.method", "url", "url.full", "user_agent", "user_agent.original", "client_ip", "client.address",
			"new", "aws.xray.http.request.new"),
		"response": map[string]any{"content_length": m.IntN(1000)},
	}
	aws := m.object(w.attrs, "operation", "aws.operation", "region", "aws.region", "request_id", "aws.request_id", "queue_url", "aws.queue_url",
		"table_name", "aws.table_name", "topic_arn", "aws.sns.topic.arn", "bucket_name", "aws.s3.bucket", "new", "aws.new")
	aws["retries"] = m.IntN(9)
	w.attrs["aws.retries"] = int64(aws["retries"].(int))
	doc["aws"] = aws
	if m.IntN(3) == 0 {
		doc["sql"] = m.object(w.attrs, "sanitized_query", "db.query.text", "user", "db.user", "driver_version", "aws.xray.sql.driver_version",
			"preparation", "aws.xray.sql.preparation")
	}
	annotations, metadata := map[string]any{}, map[string]any{}
	for i := range m.IntN(4) {
		key := "note_" + strconv.Itoa(i)
		annotations[key] = m.scalar()
		w.attrs[key] = annotations[key]
		metadata[key] = map[string]any{"a": []any{m.scalar(), nil, m.scalar()}}
		w.attrs["aws.xray.metadata."+key] = metadata[key]
	}
	doc["annotations"], doc["metadata"] = annotations, metadata
	if m.IntN(3) == 0 {
		want := map[string]any{"aws.xray.exception.id": "00000000000000aa", "aws.xray.exception.truncated": int64(3)}
		x := m.object(want, "message", "exception.message", "type", "exception.type", "cause", "aws.xray.exception.cause")
		x["id"], x["truncated"] = "00000000000000aa", 3
		doc["cause"] = map[string]any{"working_directory": "/srv", "exceptions": []any{x}}
		w.attrs["aws.xray.cause.working_directory"] = "/srv"
		w.exceptions = append(w.exceptions, want)
	}
	for range m.IntN(3) {
		doc["links"] = append(list(doc["links"]), map[string]any{"trace_id": "5759e988bd862e3fe1be46a994272793", "id": "00000000000000bb"})
		w.links++
	}
	for _, flag := range []string{"error", "throttle", "fault"} {
		if m.IntN(4) == 0 {
			doc[flag], w.attrs["aws.xray."+flag] = true, true
		}
	}
	m.spans = append(m.spans, w)
	for range m.IntN(4) {
		if depth < 3 {
			doc["subsegments"] = append(list(doc["subsegments"]), m.segment(depth+1, w.id))
		}
	}
	return doc
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// TestNothingOfRandomDocumentsIsLost compares what went in with what comes out, after the way over the wire.
func TestNothingOfRandomDocumentsIsLost(t *testing.T) {
	for seed := range uint64(400) {
		m := &model{Rand: rand.New(rand.NewPCG(seed, 1))}
		doc, err := json.Marshal(m.segment(0, ""))
		if err != nil {
			t.Fatal(err)
		}
		if len(doc) > MaxBytes {
			continue
		}
		d, err := Parse(doc)
		if err != nil {
			t.Fatalf("seed %d: %v: %s", seed, err, doc)
		}
		spans := overTheWire(t, d)
		if len(spans) != len(m.spans) {
			t.Fatalf("seed %d: %d spans, want %d", seed, len(spans), len(m.spans))
		}
		for i, w := range m.spans {
			if problem := compare(spans[i], w); problem != "" {
				t.Fatalf("seed %d, span %d: %s\n%s", seed, i, problem, doc)
			}
		}
	}
}

func compare(s *tracepb.Span, w wanted) string {
	if fmt.Sprintf("%x", s.SpanId) != w.id || fmt.Sprintf("%x", s.ParentSpanId) != w.parent || s.Name != w.name || s.StartTimeUnixNano != w.start || s.EndTimeUnixNano != w.end {
		return fmt.Sprintf("%v, want %+v", s, w)
	}
	if problem := missing(s.Attributes, w.attrs); problem != "" {
		return problem
	}
	if len(s.Links) != w.links || len(s.Events) != len(w.exceptions) {
		return fmt.Sprintf("%d links, %d events", len(s.Links), len(s.Events))
	}
	for i, x := range w.exceptions {
		if problem := missing(s.Events[i].Attributes, x); problem != "" {
			return problem
		}
	}
	return ""
}

func missing(list []*commonpb.KeyValue, want map[string]any) string {
	for key, v := range want {
		i := slices.IndexFunc(list, func(kv *commonpb.KeyValue) bool { return kv.Key == key })
		if i < 0 {
			return key + " is missing"
		}
		if got := plainValue(list[i].Value, v); !reflect.DeepEqual(got, v) {
			return fmt.Sprintf("%s = %#v, want %#v", key, got, v)
		}
	}
	return ""
}

// plainValue is the attribute as the wanted value's Go type has it.
func plainValue(v *commonpb.AnyValue, like any) any {
	switch v := v.Value.(type) {
	case *commonpb.AnyValue_IntValue:
		if _, ok := like.(float64); ok {
			return float64(v.IntValue)
		}
		return v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return v.DoubleValue
	case *commonpb.AnyValue_BoolValue:
		return v.BoolValue
	case *commonpb.AnyValue_StringValue:
		if want, ok := like.(map[string]any); ok { // metadata: equal as JSON
			sent, _ := json.Marshal(want)
			var a, b any
			if json.Unmarshal(sent, &a) == nil && json.Unmarshal([]byte(v.StringValue), &b) == nil && reflect.DeepEqual(a, b) {
				return like
			}
		}
		return v.StringValue
	}
	return nil
}

func overTheWire(t testing.TB, d *Document) []*tracepb.Span {
	t.Helper()
	sent := &coltrace.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{Resource: d.Resource, ScopeSpans: []*tracepb.ScopeSpans{{Spans: d.Spans}}}}}
	body, err := proto.Marshal(sent)
	if err != nil {
		t.Fatalf("spans can't be sent: %v", err)
	}
	if err := ptraceotlp.NewExportRequest().UnmarshalProto(body); err != nil {
		t.Fatalf("pdata can't read it: %v", err)
	}
	var got coltrace.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	return got.ResourceSpans[0].ScopeSpans[0].Spans
}

func FuzzParse(f *testing.F) {
	for seed := range uint64(20) {
		doc, err := json.Marshal((&model{Rand: rand.New(rand.NewPCG(seed, 2))}).segment(0, ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Add([]byte("{" + whole + `,"sql":{"url":"jdbc:x://[::1]:5/a;b"},"cause":"00000000000000aa","links":[{}],"subsegments":null}`))
	f.Add([]byte("{" + whole + `,"aws":{"ecs":{"availability_zone":[]},"ec2":{"availability_zone":{}},"cloudwatch_logs":[[]],"xray":7,"table_names":["a"]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := Parse(doc)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Errorf("%v is not ours", err)
			}
			return
		}
		d.Adopt(d.Owner())
		overTheWire(t, d)
		again, err := Parse(doc)
		if err != nil || len(again.Spans) != len(d.Spans) {
			t.Fatalf("read twice: %v", err)
		}
		for i, s := range d.Spans {
			if !proto.Equal(s, again.Spans[i]) {
				t.Error("read twice, it is not the same")
			}
		}
	})
}
