/** What to type to send a first span, language by language, with this instance's own addresses filled in. */

export type Language = 'curl' | 'go' | 'java' | 'node' | 'python' | 'dotnet' | 'collector'

export const LANGUAGES: readonly { value: Language; label: string }[] = [
  { value: 'curl', label: 'curl' },
  { value: 'go', label: 'Go' },
  { value: 'java', label: 'Java' },
  { value: 'node', label: 'Node.js' },
  { value: 'python', label: 'Python' },
  { value: 'dotnet', label: '.NET' },
  { value: 'collector', label: 'OTel Collector' },
]

export type Step = { title: string; code: string }
export type Endpoints = { otlp_grpc: string; otlp_http: string }

const FALLBACK: Endpoints = { otlp_grpc: '127.0.0.1:4317', otlp_http: '127.0.0.1:4318' }

/** The address as a URL; one that names its scheme already keeps it. */
export function withScheme(address: string): string {
  return address.includes('://') ? address : `http://${address}`
}

export function snippetOf(language: Language, given: Endpoints): Step[] {
  const http = withScheme(given.otlp_http || FALLBACK.otlp_http)
  const grpc = given.otlp_grpc || FALLBACK.otlp_grpc
  const env = `export OTEL_SERVICE_NAME=my-service\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${http}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`
  switch (language) {
    case 'curl':
      return [{ title: 'One span, no SDK. Run it in a shell; the times are filled in.', code: curl(http) }]
    case 'go':
      return [
        { title: 'Add the SDK and the instrumentation of net/http.', code: 'go get go.opentelemetry.io/otel/sdk \\\n  go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp \\\n  go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp' },
        { title: 'Set it up once, and wrap your handlers.', code: GO },
        { title: 'Say where to.', code: env + '\ngo run .' },
      ]
    case 'java':
      return [
        { title: 'The agent instruments without a change to the code.', code: 'curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar' },
        { title: 'Start your service with it.', code: env + '\njava -javaagent:opentelemetry-javaagent.jar -jar app.jar' },
      ]
    case 'node':
      return [
        { title: 'Add the SDK with its automatic instrumentation.', code: 'npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node' },
        { title: 'Start your service with it.', code: env + '\nnode --require @opentelemetry/auto-instrumentations-node/register app.js' },
      ]
    case 'python':
      return [
        { title: 'Add the SDK, then what fits the libraries you use.', code: 'pip install opentelemetry-distro opentelemetry-exporter-otlp\nopentelemetry-bootstrap -a install' },
        { title: 'Start your service with it.', code: env + '\nopentelemetry-instrument python app.py' },
      ]
    case 'dotnet':
      return [
        { title: 'Add the SDK and the instrumentation of ASP.NET Core.', code: 'dotnet add package OpenTelemetry.Extensions.Hosting\ndotnet add package OpenTelemetry.Exporter.OpenTelemetryProtocol\ndotnet add package OpenTelemetry.Instrumentation.AspNetCore\ndotnet add package OpenTelemetry.Instrumentation.Http' },
        { title: 'Set it up in Program.cs.', code: DOTNET },
        { title: 'Say where to.', code: env + '\ndotnet run' },
      ]
    case 'collector':
      return [
        { title: 'Add an exporter to the Collector that you have.', code: collector(grpc) },
      ]
  }
}

function curl(http: string): string {
  return `NOW=$(date +%s)
curl -sS ${http}/v1/traces -H 'content-type: application/json' -d '{
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "hello"}}]},
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

const GO = `exporter, err := otlptracehttp.New(ctx)
if err != nil {
	log.Fatal(err)
}
provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
defer provider.Shutdown(context.Background())
otel.SetTracerProvider(provider)
otel.SetTextMapPropagator(propagation.TraceContext{})

http.ListenAndServe(":8080", otelhttp.NewHandler(mux, "server"))`

const DOTNET = `builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing
    .AddAspNetCoreInstrumentation()
    .AddHttpClientInstrumentation()
    .AddOtlpExporter());`

function collector(grpc: string): string {
  return `exporters:
  otlp/sightline:
    endpoint: ${grpc}
    tls:
      insecure: true

service:
  pipelines:
    traces:
      exporters: [otlp/sightline]`
}
