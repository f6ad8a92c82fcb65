package jaeger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/jaeger/apiv3"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// service is API v3 over gRPC. Its errors are ours; whoever registers it turns them into gRPC's.
type service struct {
	apiv3.UnimplementedQueryServiceServer
	*handlers
}

// Register adds API v3 to a gRPC server.
func Register(s grpc.ServiceRegistrar, d Deps) {
	apiv3.RegisterQueryServiceServer(s, &service{handlers: newHandlers(d)})
}

func (s *service) GetServices(ctx context.Context, _ *apiv3.GetServicesRequest) (*apiv3.GetServicesResponse, error) {
	names, err := s.services(ctx)
	if err != nil {
		return nil, err
	}
	return &apiv3.GetServicesResponse{Services: names}, nil
}

func (s *service) GetOperations(ctx context.Context, r *apiv3.GetOperationsRequest) (*apiv3.GetOperationsResponse, error) {
	if r.Service == "" {
		return nil, api.Errorf(api.BadParameter, "service is required")
	}
	all, err := s.operations(ctx, r.Service, r.SpanKind)
	if err != nil {
		return nil, err
	}
	out := &apiv3.GetOperationsResponse{}
	for _, o := range all {
		out.Operations = append(out.Operations, &apiv3.Operation{Name: o.Name, SpanKind: o.Kind})
	}
	return out, nil
}

func (s *service) GetDependencies(ctx context.Context, r *apiv3.GetDependenciesRequest) (*apiv3.DependenciesResponse, error) {
	return s.links(ctx, traces.Range{From: timeOf(r.StartTime), To: timeOf(r.EndTime)})
}

func (s *service) GetTrace(r *apiv3.GetTraceRequest, stream grpc.ServerStreamingServer[trace.TracesData]) error {
	id, err := traceIDOf(r.TraceId)
	if err != nil {
		return err
	}
	t, err := s.read(stream.Context(), id, hintOf(timeOf(r.StartTime), timeOf(r.EndTime)), r.RawTraces)
	if err != nil {
		return notFound(err)
	}
	return send(stream, t)
}

func (s *service) FindTraces(r *apiv3.FindTracesRequest, stream grpc.ServerStreamingServer[trace.TracesData]) error {
	q, err := questionOf(r.Query)
	if err != nil {
		return err
	}
	f, err := s.find(stream.Context(), q)
	if err != nil {
		return err
	}
	tellIncomplete(stream, f.reason)
	for _, t := range f.traces {
		if err := send(stream, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) FindTraceSummaries(r *apiv3.FindTraceSummariesRequest, stream grpc.ServerStreamingServer[apiv3.FindTraceSummariesResponse]) error {
	q, err := questionOf(r.Query)
	if err != nil {
		return err
	}
	page, err := s.ask(stream.Context(), q)
	if err != nil {
		return err
	}
	tellIncomplete(stream, page.Reason)
	return stream.Send(summariesOf(page))
}

// tellIncomplete says in the trailer what HTTP's answers have in a header.
func tellIncomplete(stream grpc.ServerStream, reason string) {
	if reason != "" {
		stream.SetTrailer(metadata.Pairs(incomplete, reason))
	}
}

// send streams a trace in pieces.
func send(stream grpc.ServerStreamingServer[trace.TracesData], t *timeline.Timeline) error {
	for rows := range slices.Chunk(t.Rows, chunkSpans) {
		if err := stream.Send(tracesData(t, rows)); err != nil {
			return err
		}
	}
	return nil
}

func questionOf(r *apiv3.TraceQueryParameters) (*question, error) {
	if r == nil {
		return nil, api.Errorf(api.BadParameter, "missing query")
	}
	q := &question{
		service: r.ServiceName, operation: r.OperationName, tags: r.Attributes, in: traces.Range{From: timeOf(r.StartTimeMin), To: timeOf(r.StartTimeMax)},
		shortest: r.DurationMin.AsDuration(), longest: r.DurationMax.AsDuration(), limit: limited(int(r.SearchDepth)), raw: r.RawTraces,
	}
	return q, q.checkV3()
}

// timeOf is zero where there is none.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil || t.CheckValid() != nil {
		return time.Time{}
	}
	at := t.AsTime()
	if at.Year() < 1970 || at.Year() > 2200 {
		return time.Time{}
	}
	return at
}

func sortByName(services []*apiv3.ServiceSummary) {
	slices.SortFunc(services, func(a, b *apiv3.ServiceSummary) int { return cmp.Compare(a.Name, b.Name) })
}
