package tempo_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

func traceIsWhatWasSent(t *testing.T, s *server) {
	sent := ordered(buy(3, s.start.Add(2*time.Minute)))
	const id = "00000000000000007700000000000003"
	same := func(name string, got *tracepb.TracesData) {
		t.Helper()
		if !proto.Equal(ordered(got), sent) {
			t.Errorf("%s:\n%s\nwant\n%s", name, protojson.Format(got), protojson.Format(sent))
		}
	}
	ask := func(path, accept string) []byte {
		t.Helper()
		w := s.do(path, "Accept", accept)
		if w.Code != 200 {
			t.Fatalf("GET %s = %d %s", path, w.Code, w.Body)
		}
		if want := strings.Split(accept, ",")[0]; w.Header().Get("Content-Type") != want {
			t.Errorf("GET %s is %s", path, w.Header().Get("Content-Type"))
		}
		return w.Body.Bytes()
	}
	const pb = "application/protobuf"
	hint := fmt.Sprintf("?start=%d&end=%d", s.start.Unix(), s.start.Add(5*time.Minute).Unix())
	for _, spelling := range []string{id, strings.TrimLeft(id, "0"), strings.ToUpper(id), id + hint, id + "?start=1&end=2"} {
		bare := &tracepb.TracesData{}
		if err := proto.Unmarshal(ask("/api/traces/"+spelling, pb), bare); err != nil {
			t.Fatal(err)
		}
		same("protobuf of "+spelling, bare)
	}

	// TraceByIDResponse: the trace, the metrics, and no status, since 0 is COMPLETE.
	body := ask("/api/v2/traces/"+id, pb)
	var fields []protowire.Number
	for len(body) > 0 {
		n, kind, used := protowire.ConsumeTag(body)
		value, length := protowire.ConsumeBytes(body[used:])
		if kind != protowire.BytesType || length < 0 {
			t.Fatalf("field %d is of type %d", n, kind)
		}
		if n == 1 {
			wrapped := &tracepb.TracesData{}
			if err := proto.Unmarshal(value, wrapped); err != nil {
				t.Fatal(err)
			}
			same("protobuf of v2", wrapped)
		}
		fields = append(fields, n)
		body = body[used+length:]
	}
	if !slices.Equal(fields, []protowire.Number{1, 2}) {
		t.Errorf("fields %v", fields)
	}

	// JSON: ids in base64, enums by name, 64 bits in quotes.
	var v1, v2 map[string]json.RawMessage
	if err := json.Unmarshal(ask("/api/traces/"+id, "application/json"), &v1); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(ask("/api/v2/traces/"+id, "application/json"), &v2); err != nil {
		t.Fatal(err)
	}
	if len(v1) != 1 || len(v2) != 2 || string(v2["metrics"]) != "{}" {
		t.Errorf("v1 has %d members, v2 %d", len(v1), len(v2))
	}
	fromV1, fromV2 := &tracepb.TracesData{}, &tracepb.TracesData{}
	if err := protojson.Unmarshal([]byte(`{"resourceSpans":`+string(v1["batches"])+`}`), fromV1); err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal(v2["trace"], fromV2); err != nil {
		t.Fatal(err)
	}
	same("JSON of v1", fromV1)
	same("JSON of v2", fromV2)
	compact := &bytes.Buffer{}
	if err := json.Compact(compact, v1["batches"]); err != nil {
		t.Fatal(err)
	}
	traceID := base64.StdEncoding.EncodeToString([]byte{8: 0x77, 15: 3})
	for _, want := range []string{
		`"traceId":"` + traceID + `"`, `"kind":"SPAN_KIND_SERVER"`, `"code":"STATUS_CODE_ERROR"`, `"intValue":"200"`, `"bytesValue":"AP8="`, `"traceState":"ot=th:8"`,
		fmt.Sprintf(`"startTimeUnixNano":"%d"`, s.start.Add(2*time.Minute).UnixNano()),
	} {
		if !strings.Contains(compact.String(), want) {
			t.Errorf("no %s in %s", want, compact)
		}
	}
}

// largeTraceComesInParts has one resource with more spans than stand together.
func largeTraceComesInParts(t *testing.T, s *server) {
	data := &tracepb.TracesData{ResourceSpans: buy(9, s.start).ResourceSpans[:1]}
	scope := data.ResourceSpans[0].ScopeSpans[0]
	for n := range 4500 {
		one := proto.CloneOf(scope.Spans[0])
		one.SpanId = []byte{9, 0, 0, 1, 0, 0, byte(n >> 8), byte(n)}
		scope.Spans = append(scope.Spans, one)
	}
	s.store(t, "default", data)
	ids := map[string]int{}
	count := func(got *tracepb.TracesData) {
		t.Helper()
		if len(got.ResourceSpans) != 3 {
			t.Errorf("%d parts", len(got.ResourceSpans))
		}
		for _, r := range got.ResourceSpans {
			for _, span := range r.ScopeSpans[0].Spans {
				ids[string(span.SpanId)]++
			}
		}
	}
	bare, wrapped := &tracepb.TracesData{}, &tracepb.TracesData{}
	if err := proto.Unmarshal(s.do("/api/traces/7700000000000009", "Accept", "application/protobuf").Body.Bytes(), bare); err != nil {
		t.Fatal(err)
	}
	body := s.do("/api/v2/traces/7700000000000009", "Accept", "application/protobuf").Body.Bytes()
	inner, n := protowire.ConsumeBytes(body[1:])
	if err := proto.Unmarshal(inner, wrapped); err != nil || n < 0 || !bytes.Equal(body[1+n:], []byte{2<<3 | 2, 0}) {
		t.Fatalf("%v, then %x", err, body[1+n:])
	}
	count(bare)
	count(wrapped)
	for id, n := range ids {
		if n != 2 {
			t.Errorf("span %x came %d times", id, n)
		}
	}
	if len(ids) != 4501 {
		t.Errorf("%d spans", len(ids))
	}
}
