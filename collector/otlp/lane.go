package otlp

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/pipeline"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp/walk"
	"github.com/sightline/sightline/collector/passage"
)

// HandsOn says whether a receiver gives a signal to the pipelines that name it, for their processors to see, instead of appending
// it to the journal itself. nil: never.
type HandsOn func(receiver component.ID, signal pipeline.Signal) bool

// next decodes a request and gives it to the next component of a pipeline: the processor lane. The project is in the passage.
type next func(ctx context.Context, p *passage.Passage, body []byte) error

// lanes are the signals of a receiver that it hands on, by journal.SignalTraces, ...
type lanes map[uint8]next

// maxDecoded is how many items a request may have that is decoded: an empty span is 2 bytes on the wire and 300 in memory.
const maxDecoded = 250_000

// take makes a request durable, or lets a pipeline do it.
func (h *handler) take(ctx context.Context, q Request) (admission.Partial, error) {
	give, ok := h.lanes[q.Signal]
	if !ok {
		return h.in.Take(ctx, q)
	}
	if err := h.in.decodable(&q); err != nil {
		return admission.Partial{}, err
	}
	release, err := h.in.Room(q.Held, len(q.Body))
	if err != nil {
		return admission.Partial{}, err
	}
	defer release()
	p := &passage.Passage{Project: q.Project, Protocol: q.Protocol, Peer: q.Peer}
	return p.Answer(give(passage.With(ctx, p), p, q.Body))
}

// amplified is how much more memory than its body a request takes when it is decoded, about.
const amplified = 4

// Room reserves the memory that a body of this size takes when it is decoded, but never so much that a request that is alone does
// not fit; held is what its buffers have taken of the gate already.
func (in *Intake) Room(held int64, size int) (release func(), err error) {
	n := min(amplified*int64(size), in.Limits.InFlight-held)
	if n <= 0 {
		return func() {}, nil
	}
	if !in.Gate.Take(n) {
		return nil, admission.Crowded()
	}
	return func() { in.Gate.Give(n) }, nil
}

// decodable refuses what would exhaust the stack or the memory of a decoder. Which items are stored is decided at the pipeline's end.
func (in *Intake) decodable(q *Request) error {
	s := signalOf(q.Signal)
	found := results.Get().(*walk.Result)
	defer func() {
		found.Drop()
		results.Put(found)
	}()
	err := s.walk(q.Body, walk.Window{To: 1<<64 - 1}, found)
	switch {
	case errors.Is(err, walk.ErrTooDeep):
		return admission.TooDeep()
	case err != nil:
		return admission.Malformed("body is no %s: %v", s.message, err)
	case found.Items > maxDecoded:
		return admission.TooMany(maxDecoded)
	}
	return nil
}

func toTraces(to consumer.Traces) next {
	return func(ctx context.Context, p *passage.Passage, body []byte) error {
		req := ptraceotlp.NewExportRequest()
		if err := req.UnmarshalProto(body); err != nil {
			return admission.Malformed("body is no %s: %v", signalOf(journal.SignalTraces).message, err)
		}
		td := req.Traces()
		for _, rs := range td.ResourceSpans().All() {
			p.Mark(rs.Resource().Attributes())
		}
		return to.ConsumeTraces(ctx, td)
	}
}

func toLogs(to consumer.Logs) next {
	return func(ctx context.Context, p *passage.Passage, body []byte) error {
		req := plogotlp.NewExportRequest()
		if err := req.UnmarshalProto(body); err != nil {
			return admission.Malformed("body is no %s: %v", signalOf(journal.SignalLogs).message, err)
		}
		ld := req.Logs()
		for _, rl := range ld.ResourceLogs().All() {
			p.Mark(rl.Resource().Attributes())
		}
		return to.ConsumeLogs(ctx, ld)
	}
}

func toMetrics(to consumer.Metrics) next {
	return func(ctx context.Context, p *passage.Passage, body []byte) error {
		req := pmetricotlp.NewExportRequest()
		if err := req.UnmarshalProto(body); err != nil {
			return admission.Malformed("body is no %s: %v", signalOf(journal.SignalMetrics).message, err)
		}
		md := req.Metrics()
		for _, rm := range md.ResourceMetrics().All() {
			p.Mark(rm.Resource().Attributes())
		}
		return to.ConsumeMetrics(ctx, md)
	}
}
