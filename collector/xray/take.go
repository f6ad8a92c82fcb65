package xray

import (
	"context"
	"fmt"
	"net/netip"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
	"github.com/sightline/sightline/collector/passage"
	"github.com/sightline/sightline/collector/xray/segment"
)

// taker makes documents durable as spans.
type taker struct {
	in     *otlp.Intake
	to     consumer.Traces // nil: the journal
	owners *owners
}

func (t *taker) request(project, peer string) otlp.Request {
	return otlp.Request{Signal: journal.SignalTraces, Protocol: Protocol, Project: project, Peer: peer}
}

// refuse counts a document or a datagram that is not taken.
func (t *taker) refuse(peer string, err error) *admission.Refusal {
	q := t.request("", peer)
	return t.in.Refuse(&q, err)
}

// refuseDocument counts a document that X-Ray would not take. What it quotes of the document is for the sender only.
func (t *taker) refuseDocument(peer string, e *segment.Error) {
	r := admission.Malformed("X-Ray document: %v", e)
	r.Public = "X-Ray document refused: " + e.Code
	t.refuse(peer, r)
}

// body is the documents' spans as an ExportTraceServiceRequest. from is where each came from, as owners.settle has it.
func (t *taker) body(documents []*segment.Document, from []netip.AddrPort) ([]byte, error) {
	t.owners.settle(documents, from)
	request := &coltrace.ExportTraceServiceRequest{}
	for _, d := range documents {
		request.ResourceSpans = append(request.ResourceSpans, &tracepb.ResourceSpans{Resource: d.Resource, ScopeSpans: []*tracepb.ScopeSpans{{Spans: d.Spans}}})
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("marshal spans of X-Ray documents: %w", err)
	}
	return body, nil
}

// take returns when the request is durable, or a pipeline has taken it. Its error is an *admission.Refusal, and is counted.
func (t *taker) take(ctx context.Context, q otlp.Request) (admission.Partial, error) {
	if t.to == nil {
		return t.in.Take(ctx, q)
	}
	p := &passage.Passage{Project: q.Project, Protocol: q.Protocol, Peer: q.Peer}
	req := ptraceotlp.NewExportRequest()
	err := req.UnmarshalProto(q.Body)
	if err == nil {
		for _, rs := range req.Traces().ResourceSpans().All() {
			p.Mark(rs.Resource().Attributes())
		}
		err = t.to.ConsumeTraces(passage.With(ctx, p), req.Traces())
	}
	partial, err := p.Answer(err)
	if err != nil {
		return partial, t.in.Refuse(&q, err)
	}
	return partial, nil
}

// outside says whether a document starts at a time of which nothing is kept: the journal's end rejects, and counts, its spans.
func (t *taker) outside(d *segment.Document) bool {
	from, to := t.in.TracesWindow()
	return d.StartNs < uint64(from.UnixNano()) || d.StartNs > uint64(to.UnixNano())
}
