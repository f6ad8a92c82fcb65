package tempo

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
		w.Header().Set("Content-Type", protobufType)
		return writeMessage(w, spans)
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
		w.Header().Set("Content-Type", protobufType)
		head := protowire.AppendTag(nil, fieldTrace, protowire.BytesType)
		if _, err := w.Write(protowire.AppendVarint(head, messageSize(spans))); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		if err := writeMessage(w, spans); err != nil {
			return err
		}
		tail := protowire.AppendTag(nil, fieldMetrics, protowire.BytesType)
		tail = protowire.AppendBytes(tail, nil)
		if partial != "" {
			tail = protowire.AppendTag(tail, fieldStatus, protowire.VarintType)
			tail = protowire.AppendVarint(tail, statusPartial)
			tail = protowire.AppendTag(tail, fieldMessage, protowire.BytesType)
			tail = protowire.AppendString(tail, partial)
		}
		if _, err := w.Write(tail); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		return nil
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

// writeMessage writes a TracesData, whose only field is the list of ResourceSpans, one after the other.
func writeMessage(w io.Writer, spans []traces.Span) error {
	var buf []byte
	for batch := range batches(spans) {
		b, err := proto.Marshal(batch)
		if err != nil {
			return fmt.Errorf("encode trace: %w", err)
		}
		buf = protowire.AppendTag(buf[:0], fieldTrace, protowire.BytesType)
		if _, err := w.Write(protowire.AppendBytes(buf, b)); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
	return nil
}

// messageSize is how many bytes writeMessage writes.
func messageSize(spans []traces.Span) uint64 {
	n := 0
	for batch := range batches(spans) {
		n += protowire.SizeTag(fieldTrace) + protowire.SizeBytes(proto.Size(batch))
	}
	return uint64(n)
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
