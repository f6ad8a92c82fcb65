// Command yardstick is the least that a collector can cost: OpenTelemetry's own, as a library, with its OTLP receiver and an exporter
// that drops what it gets; with -batch its batch processor between them. bench/report drives it with the same load as Sightline, and
// divides. It keeps nothing, and has no telemetry of its own, which is in its favour.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	grpc := flag.String("grpc", "127.0.0.1:4317", "address of OTLP over gRPC")
	http := flag.String("http", "127.0.0.1:4318", "address of OTLP over HTTP")
	batch := flag.Bool("batch", false, "batch before the exporter")
	flag.Parse()
	if err := run(ctx, configuration(*grpc, *http, *batch)); err != nil {
		fmt.Fprintln(os.Stderr, "yardstick:", err)
		os.Exit(1)
	}
}

func configuration(grpc, http string, batch bool) map[string]any {
	processors := []any{}
	if batch {
		processors = append(processors, "batch")
	}
	pipelines := map[string]any{}
	for _, signal := range []string{"traces", "logs", "metrics"} {
		pipelines[signal] = map[string]any{"receivers": []any{"otlp"}, "processors": processors, "exporters": []any{"nop"}}
	}
	return map[string]any{
		"receivers": map[string]any{"otlp": map[string]any{"protocols": map[string]any{
			"grpc": map[string]any{"endpoint": grpc, "max_recv_msg_size_mib": 64}, "http": map[string]any{"endpoint": http},
		}}},
		"processors": map[string]any{"batch": nil},
		"exporters":  map[string]any{"nop": nil},
		"service":    map[string]any{"pipelines": pipelines},
	}
}

func run(ctx context.Context, config map[string]any) error {
	c, err := otelcol.NewCollector(otelcol.CollectorSettings{
		Factories:               factories,
		BuildInfo:               component.BuildInfo{Command: "yardstick", Description: "a collector that keeps nothing"},
		DisableGracefulShutdown: true, // ctx ends it
		SkipSettingGRPCLogger:   true,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs: []string{"built:in"}, ProviderFactories: []confmap.ProviderFactory{builtIn(config)},
		}},
	})
	if err != nil {
		return fmt.Errorf("make collector: %w", err)
	}
	if err := c.Run(ctx); err != nil {
		return fmt.Errorf("run collector: %w", err)
	}
	return nil
}

func factories() (f otelcol.Factories, err error) {
	if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory()); err != nil {
		return f, err
	}
	if f.Processors, err = otelcol.MakeFactoryMap[processor.Factory](batchprocessor.NewFactory()); err != nil {
		return f, err
	}
	if f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](nop()); err != nil {
		return f, err
	}
	f.Telemetry = telemetry.NewFactory(func() component.Config { return &struct{}{} })
	return f, nil
}

// dropping is an exporter that takes everything and keeps nothing, like the collector's own of this kind.
type dropping struct {
	component.StartFunc
	component.ShutdownFunc
}

func nop() exporter.Factory {
	made := dropping{}
	return exporter.NewFactory(component.MustNewType("nop"), func() component.Config { return &struct{}{} },
		exporter.WithTraces(func(context.Context, exporter.Settings, component.Config) (exporter.Traces, error) { return made, nil }, component.StabilityLevelStable),
		exporter.WithLogs(func(context.Context, exporter.Settings, component.Config) (exporter.Logs, error) { return made, nil }, component.StabilityLevelStable),
		exporter.WithMetrics(func(context.Context, exporter.Settings, component.Config) (exporter.Metrics, error) { return made, nil }, component.StabilityLevelStable))
}

// Capabilities says that nothing is changed, so that nothing is copied.
func (dropping) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (dropping) ConsumeTraces(context.Context, ptrace.Traces) error    { return nil }
func (dropping) ConsumeLogs(context.Context, plog.Logs) error          { return nil }
func (dropping) ConsumeMetrics(context.Context, pmetric.Metrics) error { return nil }

func builtIn(config map[string]any) confmap.ProviderFactory {
	return confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return source(config) })
}

type source map[string]any

func (s source) Retrieve(context.Context, string, confmap.WatcherFunc) (*confmap.Retrieved, error) {
	return confmap.NewRetrieved(map[string]any(s))
}
func (source) Scheme() string                 { return "built" }
func (source) Shutdown(context.Context) error { return nil }
