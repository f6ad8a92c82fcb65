// Package sdk connects a Go service to Sightline in one call. It sets up OpenTelemetry's own SDK, nothing beside it: spans made
// with any OpenTelemetry instrumentation library are sent. It never blocks, fails or slows the service when Sightline is away.
package sdk

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// DefaultEndpoint is where a Sightline on this machine takes OTLP over gRPC.
const DefaultEndpoint = "http://127.0.0.1:4317"

type settings struct {
	endpoint string
	key      string
	attrs    []attribute.KeyValue
}

// Option changes one setting of Start.
type Option func(*settings)

// WithService names the service and its version; an empty version is left out.
// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence, as OpenTelemetry's specification says.
func WithService(name, version string) Option {
	return func(s *settings) {
		s.attrs = append(s.attrs, attribute.String("service.name", name))
		if version != "" {
			s.attrs = append(s.attrs, attribute.String("service.version", version))
		}
	}
}

// WithEnvironment says where the service is deployed: prod, staging, ...
func WithEnvironment(name string) Option {
	return WithAttributes(attribute.String("deployment.environment.name", name))
}

// WithNamespace groups services that belong together.
func WithNamespace(name string) Option {
	return WithAttributes(attribute.String("service.namespace", name))
}

// WithAttributes adds attributes to the resource that every span names.
func WithAttributes(attrs ...attribute.KeyValue) Option {
	return func(s *settings) { s.attrs = append(s.attrs, attrs...) }
}

// WithEndpoint sets the collector's address, e.g. "https://sightline.internal:4317". http:// means plain text. The default is
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT, then DefaultEndpoint.
func WithEndpoint(endpoint string) Option {
	return func(s *settings) { s.endpoint = endpoint }
}

// WithKey sets the ingest key, made with `sightline key create`. The default is SIGHTLINE_KEY.
func WithKey(key string) Option {
	return func(s *settings) { s.key = key }
}

// Start makes OpenTelemetry's global tracer provider and propagators (W3C trace context and baggage) send to Sightline. The
// returned stop flushes what is buffered and must be called once before the process ends; give it a context with a deadline.
// Start does not connect: an unreachable Sightline is retried in the background, and spans past a bounded queue are dropped.
func Start(ctx context.Context, options ...Option) (stop func(context.Context) error, err error) {
	s := settings{endpoint: endpointFromEnv(), key: os.Getenv("SIGHTLINE_KEY")}
	for _, option := range options {
		option(&s)
	}
	endpoint, err := url.Parse(s.endpoint)
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "http" && endpoint.Scheme != "https" {
		return nil, fmt.Errorf("start sdk: endpoint %q is not like http://host:4317", s.endpoint)
	}
	client := []otlptracegrpc.Option{
		otlptracegrpc.WithEndpointURL(s.endpoint),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: 30 * time.Second, MaxElapsedTime: 2 * time.Minute}),
	}
	if s.key != "" {
		client = append(client, otlptracegrpc.WithHeaders(map[string]string{"authorization": "Bearer " + s.key}))
	}
	exporter, err := otlptracegrpc.New(ctx, client...)
	if err != nil {
		return nil, fmt.Errorf("start sdk: create exporter: %w", err)
	}
	// A partial resource (a detector that failed) is still worth sending with.
	res, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(),
		resource.WithAttributes(s.attrs...), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) && !errors.Is(err, resource.ErrSchemaURLConflict) {
		return nil, fmt.Errorf("start sdk: detect resource: %w", err)
	}
	provider := trace.NewTracerProvider(
		trace.WithResource(res),
		trace.WithBatcher(exporter, trace.WithBatchTimeout(time.Second)), // a second: the map is live
	)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return provider.Shutdown, nil
}

func endpointFromEnv() string {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		if v := strings.TrimSpace(os.Getenv(name)); v != "" {
			return v
		}
	}
	return DefaultEndpoint
}
