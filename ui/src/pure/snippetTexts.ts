/** The longer texts of snippets.ts. */
import type { Target } from './snippets'

/** `$(date +%s)` has no fraction everywhere, so the span ends 42 ms after a whole second. */
export function curl(t: Target, header: string): string {
  const key = t.key === null ? '' : ` -H '${header}: ${t.key}'`
  return `NOW=$(date +%s)
curl -sS ${t.http}/v1/traces -H 'content-type: application/json'${key} -d '{
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "${t.service}"}}]},
    "scopeSpans": [{"spans": [{
      "traceId": "'$(openssl rand -hex 16)'",
      "spanId": "'$(openssl rand -hex 8)'",
      "name": "GET /hello", "kind": 2,
      "startTimeUnixNano": "'$NOW'000000000",
      "endTimeUnixNano": "'$NOW'042000000"
    }]}]
  }]
}'`
}

export const GO = `exporter, err := otlptracehttp.New(ctx)
if err != nil {
	log.Fatal(err)
}
provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
defer provider.Shutdown(context.Background())
otel.SetTracerProvider(provider)
otel.SetTextMapPropagator(propagation.TraceContext{})

http.ListenAndServe(":8080", otelhttp.NewHandler(mux, "server"))`

export const DOTNET = `builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing
    .AddAspNetCoreInstrumentation()
    .AddHttpClientInstrumentation()
    .AddOtlpExporter());`

export const RUBY = `require "opentelemetry/sdk"
require "opentelemetry/exporter/otlp"
require "opentelemetry/instrumentation/all"

OpenTelemetry::SDK.configure { |c| c.use_all }`

export const RUST = `let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder()
    .with_batch_exporter(exporter)
    .build();
opentelemetry::global::set_tracer_provider(provider.clone());

// ... your service ...

provider.shutdown()?;   // sends what is left`

export const CPP = `namespace trace_sdk = opentelemetry::sdk::trace;

auto exporter  = opentelemetry::exporter::otlp::OtlpHttpExporterFactory::Create();
auto processor = trace_sdk::BatchSpanProcessorFactory::Create(std::move(exporter), {});
std::shared_ptr<opentelemetry::trace::TracerProvider> provider =
    trace_sdk::TracerProviderFactory::Create(std::move(processor));
opentelemetry::trace::Provider::SetTracerProvider(provider);`

export const ELIXIR = `config :opentelemetry,
  span_processor: :batch,
  traces_exporter: :otlp`

export const SWIFT = `import OTel

let observability = try OTel.bootstrap()

try await withThrowingTaskGroup { group in
    group.addTask { try await observability.run() }
    // ... your service ...
}`

export function BROWSER(t: Target, header: string): string {
  const headers = t.key === null ? '' : `\n    headers: { '${header}': '${t.key}' },`
  return `import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { getWebAutoInstrumentations } from '@opentelemetry/auto-instrumentations-web'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web'

new WebTracerProvider({
  resource: resourceFromAttributes({ 'service.name': '${t.service}' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({
    url: '${t.http}/v1/traces',${headers}
  }))],
}).register()
registerInstrumentations({ instrumentations: [getWebAutoInstrumentations()] })`
}
