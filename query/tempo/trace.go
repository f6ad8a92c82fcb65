package tempo

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

// maxSpans is how many spans of a trace storage reads; a trace that has as many may have more.
const maxSpans = 200_000

// traceID reads an id of up to 32 hex digits, the missing ones on the left being zeros, or X-Ray's spelling.
func traceID(text string) (traces.TraceID, error) {
	var id traces.TraceID
	if xray, err := traces.ParseTraceID(text); err == nil && len(text) == 35 {
		return xray, nil
	}
	if len(text) > 32 {
		return id, api.Errorf(api.BadParameter, "trace IDs can't be larger than 128 bits")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }); i >= 0 {
		return id, api.Errorf(api.BadParameter, "trace IDs can only contain hex characters: invalid character %q at position %d", text[i], i+1)
	}
	if _, err := hex.Decode(id[:], []byte(strings.Repeat("0", 32-len(text))+strings.ToLower(text))); err != nil || id == (traces.TraceID{}) {
		return id, api.Errorf(api.BadParameter, "%q is no trace ID", text)
	}
	return id, nil
}

func (h *handlers) whole(r *http.Request) ([]traces.Span, error) {
	id, err := traceID(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	p := h.params(r)
	hint := p.hint()
	if p.err != nil {
		return nil, p.err
	}
	spans, err := h.Spans.Whole(r.Context(), api.CallerOf(r.Context()).Project, id, hint)
	if errors.Is(err, traces.ErrNotFound) {
		return nil, api.Errorf(api.NotFound, "trace not found")
	}
	return spans, err
}

// protobufType is what Grafana asks for.
const protobufType = "application/protobuf"

func wantsProtobuf(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), protobufType)
}

// traceV1 answers with a bare trace: in protobuf OTLP's TracesData, in JSON the same with ids in base64, enums by name, and its list
// called batches.
func (h *handlers) traceV1(w http.ResponseWriter, r *http.Request) error {
	spans, err := h.whole(r)
	if err != nil {
		return err
	}
	if wantsProtobuf(r) {
		body, err := traceMessage(nil, spans)
		if err != nil {
			return err
		}
		return writeProtobuf(w, body)
	}
	s := api.NewStream(w)
	s.Open('{')
	if err := writeBatches(s, "batches", spans); err != nil {
		return err
	}
	s.Close('}')
	return s.End()
}

// Fields of Tempo's TraceByIDResponse.
const (
	fieldTrace   protowire.Number = 1
	fieldMetrics protowire.Number = 2
	fieldStatus  protowire.Number = 3
	fieldMessage protowire.Number = 4

	statusPartial = 1
)

// traceV2 answers with a trace, metrics, and a status that says whether the trace is whole.
func (h *handlers) traceV2(w http.ResponseWriter, r *http.Request) error {
	spans, err := h.whole(r)
	if err != nil {
		return err
	}
	partial := ""
	if len(spans) >= maxSpans {
		partial = fmt.Sprintf("the trace has more than %d spans: the rest is left out", maxSpans)
	}
	if wantsProtobuf(r) {
		trace, err := traceMessage(nil, spans)
		if err != nil {
			return err
		}
		body := protowire.AppendTag(make([]byte, 0, len(trace)+128), fieldTrace, protowire.BytesType)
		body = protowire.AppendBytes(body, trace)
		body = protowire.AppendTag(body, fieldMetrics, protowire.BytesType)
		body = protowire.AppendBytes(body, nil)
		if partial != "" {
			body = protowire.AppendTag(body, fieldStatus, protowire.VarintType)
			body = protowire.AppendVarint(body, statusPartial)
			body = protowire.AppendTag(body, fieldMessage, protowire.BytesType)
			body = protowire.AppendString(body, partial)
		}
		return writeProtobuf(w, body)
	}
	s := api.NewStream(w)
	s.Open('{')
	s.Key("trace")
	s.Open('{')
	if err := writeBatches(s, "resourceSpans", spans); err != nil {
		return err
	}
	s.Close('}')
	s.Key("metrics")
	s.Raw([]byte("{}"))
	if partial != "" {
		s.Key("status")
		s.String("PARTIAL")
		s.Key("message")
		s.String(partial)
	}
	s.Close('}')
	return s.End()
}

// traceMessage appends a TracesData, whose only field is the list of ResourceSpans.
func traceMessage(body []byte, spans []traces.Span) ([]byte, error) {
	for batch := range batches(spans) {
		b, err := proto.Marshal(batch)
		if err != nil {
			return nil, fmt.Errorf("encode trace: %w", err)
		}
		body = protowire.AppendTag(body, fieldTrace, protowire.BytesType)
		body = protowire.AppendBytes(body, b)
	}
	return body, nil
}

func writeProtobuf(w http.ResponseWriter, body []byte) error {
	w.Header().Set("Content-Type", protobufType)
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

func writeBatches(s *api.Stream, key string, spans []traces.Span) error {
	s.Key(key)
	s.Open('[')
	for batch := range batches(spans) {
		b, err := batchJSON(batch)
		if err != nil {
			return err
		}
		s.Raw(b)
	}
	s.Close(']')
	return nil
}

// batchJSON is protobuf's canonical JSON, which is Tempo's.
func batchJSON(batch *tracepb.ResourceSpans) ([]byte, error) {
	b, err := protojson.Marshal(batch)
	if err != nil {
		return nil, fmt.Errorf("encode trace: %w", err)
	}
	return bytes.TrimSpace(b), nil
}
