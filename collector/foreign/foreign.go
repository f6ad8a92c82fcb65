// Package foreign takes in protocols other than OTLP with the OpenTelemetry Collector's own receivers. Before one of them reads a
// request it has passed the same admission as OTLP's, and its answer is the one that the journal gave. It refuses to decode:
// that is what the receivers are for.
package foreign

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/jaegerreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/zipkinreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configmiddleware"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
	"github.com/sightline/sightline/collector/passage"
)

// Protocols as the accounts name them.
const (
	ProtocolZipkin = "zipkin"
	ProtocolJaeger = "jaeger"
)

// guardID is the name under which a receiver finds its guard among the extensions.
var guardID = component.MustNewID("sightline_admission")

// Zipkin makes receivers of Zipkin's spans: v2 as JSON and protobuf, v1 as JSON.
func Zipkin(in *otlp.Intake) receiver.Factory {
	return guarded(zipkinreceiver.NewFactory(), guard{in: in, signal: journal.SignalTraces, protocol: ProtocolZipkin, admit: admitZipkin}, func(cfg component.Config, g *guard) error {
		g.overHTTP(&cfg.(*zipkinreceiver.Config).ServerConfig)
		return nil
	})
}

// Jaeger makes receivers of Jaeger's spans over gRPC and as Thrift over HTTP.
func Jaeger(in *otlp.Intake) receiver.Factory {
	return guarded(jaegerreceiver.NewFactory(), guard{in: in, signal: journal.SignalTraces, protocol: ProtocolJaeger, admit: admitThrift}, func(cfg component.Config, g *guard) error {
		p := &cfg.(*jaegerreceiver.Config).Protocols
		if p.ThriftBinaryUDP.HasValue() || p.ThriftCompactUDP.HasValue() {
			return errors.New("jaeger: thrift_binary and thrift_compact are not taken: over UDP no sender learns that a span was lost, " +
				"and one packet can end the process; use grpc or thrift_http")
		}
		if p.ThriftHTTP.HasValue() {
			g.overHTTP(p.ThriftHTTP.Get())
		}
		if p.GRPC.HasValue() {
			g.overGRPC(p.GRPC.Get())
		}
		return nil
	})
}

// guarded makes receivers of a factory that have a guard in front of them.
func guarded(f receiver.Factory, as guard, arm func(component.Config, *guard) error) receiver.Factory {
	return receiver.NewFactory(f.Type(), f.CreateDefaultConfig,
		receiver.WithTraces(func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Traces) (receiver.Traces, error) {
			g := as
			if err := arm(cfg, &g); err != nil {
				return nil, err
			}
			inner, err := f.CreateTraces(ctx, set, cfg, watched{next})
			if err != nil {
				return nil, fmt.Errorf("make receiver %s: %w", set.ID, err)
			}
			return &guardedReceiver{Traces: inner, guard: &g}, nil
		}, f.TracesStability()))
}

type guardedReceiver struct {
	receiver.Traces
	guard *guard
}

func (r *guardedReceiver) Start(ctx context.Context, host component.Host) error {
	return r.Traces.Start(ctx, guardedHost{host, r.guard})
}

// guardedHost is the host with the guard among its extensions.
type guardedHost struct {
	component.Host
	guard *guard
}

func (h guardedHost) GetExtensions() map[component.ID]component.Component {
	all := map[component.ID]component.Component{guardID: h.guard}
	maps.Copy(all, h.Host.GetExtensions())
	return all
}

// Report passes on that a server of the receiver ended.
func (h guardedHost) Report(e *componentstatus.Event) { componentstatus.ReportStatus(h.Host, e) }

// visit is a request inside the receiver.
type visit struct {
	*passage.Passage
	reached bool     // the pipeline: what the receiver read was valid
	err     error    // of the pipeline
	body    []byte   // as it was sent, where it came over HTTP
	ingest  [16]byte // of body
}

type visitKey struct{}

// watched sees what the receiver gives to the pipeline, and what becomes of it.
type watched struct{ consumer.Traces }

func (w watched) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	v, _ := ctx.Value(visitKey{}).(*visit)
	if v == nil {
		return errors.New("a request came past its guard") // a mistake of ours: it has no project
	}
	for _, rs := range td.ResourceSpans().All() {
		v.Mark(rs.Resource().Attributes())
	}
	v.reached = true
	v.err = w.Traces.ConsumeTraces(ctx, td)
	return v.err
}

// enter begins a visit of a project's request.
func (g *guard) enter(ctx context.Context, project, peer string) (context.Context, *visit) {
	v := &visit{Passage: &passage.Passage{Project: project, Protocol: g.protocol, Peer: peer}}
	return context.WithValue(passage.With(ctx, v.Passage), visitKey{}, v), v
}

// leave is the error of a visit that failed. said is what the receiver says.
func (v *visit) leave(protocol, said string) error {
	if v.reached {
		if _, err := v.Answer(v.err); err != nil {
			return err
		}
		return admission.Internal()
	}
	refusal := admission.Malformed("the request is not what %s sends: %.200s", protocol, said)
	refusal.Public = admission.Malformed("the request is not what %s sends", protocol).Message
	return refusal
}

// overHTTP puts the guard before an HTTP server, and fills in the limits that are not set.
func (g *guard) overHTTP(c *confighttp.ServerConfig) {
	c.Middlewares = append(c.Middlewares, configmiddleware.Config{ID: guardID})
	if c.MaxRequestBodySize <= 0 || c.MaxRequestBodySize > g.in.Limits.Request {
		c.MaxRequestBodySize = g.in.Limits.Request
	}
	if c.CompressionAlgorithms == nil {
		c.CompressionAlgorithms = []string{"", "gzip", "zstd", "zlib", "deflate"} // the others trust a length that the sender gives
	}
	if c.ReadHeaderTimeout == 0 {
		c.ReadHeaderTimeout = headerTimeout
	}
	if c.ReadTimeout == 0 {
		c.ReadTimeout = g.in.Limits.Receive
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = idleTimeout
	}
	c.KeepAlivesEnabled = true
}

// overGRPC puts the guard before a gRPC server, and fills in the limits that are not set.
func (g *guard) overGRPC(c *configgrpc.ServerConfig) {
	c.Middlewares = append(c.Middlewares, configmiddleware.Config{ID: guardID})
	if c.MaxRecvMsgSizeMiB <= 0 {
		c.MaxRecvMsgSizeMiB = grpcMessage
	}
	c.MaxRecvMsgSizeMiB = min(c.MaxRecvMsgSizeMiB, int(g.in.Limits.Request>>20))
	if c.MaxConcurrentStreams == 0 {
		c.MaxConcurrentStreams = streams
	}
}
