/** What to type to send a first span, way by way, with this instance's own addresses and the key filled in. */
import type { Sender } from './senders'
import { BROWSER, CPP, curl, DOTNET, ELIXIR, GO, RUBY, RUST, SWIFT } from './snippetTexts'

export type SenderGroup = { label: string; senders: readonly { value: Sender; label: string }[] }

export const SENDER_GROUPS: readonly SenderGroup[] = [
  {
    label: 'OpenTelemetry SDK',
    senders: [
      { value: 'go', label: 'Go' },
      { value: 'java', label: 'Java' },
      { value: 'node', label: 'Node.js' },
      { value: 'python', label: 'Python' },
      { value: 'dotnet', label: '.NET' },
      { value: 'ruby', label: 'Ruby' },
      { value: 'php', label: 'PHP' },
      { value: 'rust', label: 'Rust' },
      { value: 'cpp', label: 'C++' },
      { value: 'erlang', label: 'Erlang, Elixir' },
      { value: 'swift', label: 'Swift' },
      { value: 'browser', label: 'Browser' },
    ],
  },
  {
    label: 'Collector or agent',
    senders: [
      { value: 'collector', label: 'OTel Collector' },
      { value: 'adot', label: 'AWS Distro (ADOT)' },
      { value: 'xray', label: 'X-Ray SDK, daemon' },
    ],
  },
  { label: 'By hand', senders: [{ value: 'curl', label: 'curl' }] },
]

export type Step = { title: string; code: string }

/** `note` says what does not work, or what else there is to know. */
export type Way = { note?: string; steps: Step[] }

/** Where and as what to send. Endpoints are URLs; `key` is null where none is asked for. */
export type Target = { http: string; grpc: string; service: string; key: string | null }

/** Where a key must be shown and none is at hand. */
export const KEY_PLACEHOLDER = 'YOUR_INGEST_KEY'

/**
 * A header of our own, because Authorization's value has a space, which some SDKs take from the environment only when it
 * is percent-encoded, and others only when it is not.
 */
export const KEY_HEADER = 'x-sightline-ingest-key'

export type Endpoints = { http: string; otlp_grpc: string; otlp_http: string }

const FALLBACK = { http: '127.0.0.1:4318', grpc: '127.0.0.1:4317' }

/** Where senders reach the instance: its listening addresses, with the page's own host in place of "every address". */
export function targetOf(endpoints: Endpoints, pageHost: string, service: string, key: string | null): Target {
  const scheme = endpoints.http.startsWith('https://') ? 'https' : 'http'
  const url = (listening: string, fallback: string) => `${scheme}://${hostFor(listening === '' ? fallback : listening.replace(/^\w+:\/\//, ''), pageHost)}`
  return { http: url(endpoints.otlp_http, FALLBACK.http), grpc: url(endpoints.otlp_grpc, FALLBACK.grpc), service, key }
}

function hostFor(address: string, pageHost: string): string {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at)
  if (host !== '' && host !== '0.0.0.0' && host !== '[::]') return address
  return `${pageHost.includes(':') && !pageHost.startsWith('[') ? `[${pageHost}]` : pageHost}${address.slice(at)}`
}

/** Whether only this machine can send to an address as it listens. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/^\w+:\/\//, '').replace(/:\d*$/, '')
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host)
}

/** A name that needs no quoting in a shell, in JSON and in source code; what else is typed becomes a dash. */
export function serviceName(typed: string): string {
  const name = typed.trim().replace(/[^A-Za-z0-9._-]+/g, '-')
  return name === '' || name === '-' ? 'my-service' : name
}

/** What every SDK reads from its environment. */
export function environment(t: Target): string {
  const lines = [`export OTEL_SERVICE_NAME=${t.service}`, `export OTEL_EXPORTER_OTLP_ENDPOINT=${t.http}`, 'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf']
  if (t.key !== null) lines.push(`export OTEL_EXPORTER_OTLP_HEADERS="${KEY_HEADER}=${t.key}"`)
  return lines.join('\n')
}

export function wayOf(sender: Sender, t: Target): Way {
  const env = environment(t)
  switch (sender) {
    case 'curl':
      return { steps: [{ title: 'One span, no SDK. Run it in a shell; ids and times are filled in.', code: curl(t, KEY_HEADER) }] }
    case 'go':
      return {
        steps: [
          { title: 'Add the SDK and the instrumentation of net/http.', code: 'go get go.opentelemetry.io/otel/sdk \\\n  go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp \\\n  go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp' },
          { title: 'Set it up once, and wrap your handlers.', code: GO },
          { title: 'Say where to.', code: env + '\ngo run .' },
        ],
      }
    case 'java':
      return {
        steps: [
          { title: 'The agent instruments without a change to the code.', code: 'curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar' },
          { title: 'Start your service with it.', code: env + '\nexport OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none\njava -javaagent:opentelemetry-javaagent.jar -jar app.jar' },
        ],
      }
    case 'node':
      return {
        steps: [
          { title: 'Add the SDK with its automatic instrumentation.', code: 'npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node' },
          { title: 'Start your service with it.', code: env + '\nexport OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none\nnode --require @opentelemetry/auto-instrumentations-node/register app.js' },
        ],
      }
    case 'python':
      return {
        steps: [
          { title: 'Add the SDK, then what fits the libraries you use.', code: 'pip install opentelemetry-distro opentelemetry-exporter-otlp\nopentelemetry-bootstrap -a install' },
          { title: 'Start your service with it.', code: env + '\nexport OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none\nopentelemetry-instrument python app.py' },
        ],
      }
    case 'dotnet':
      return {
        steps: [
          { title: 'Add the SDK and the instrumentation of ASP.NET Core.', code: 'dotnet add package OpenTelemetry.Extensions.Hosting\ndotnet add package OpenTelemetry.Exporter.OpenTelemetryProtocol\ndotnet add package OpenTelemetry.Instrumentation.AspNetCore\ndotnet add package OpenTelemetry.Instrumentation.Http' },
          { title: 'Set it up in Program.cs.', code: DOTNET },
          { title: 'Say where to.', code: env + '\ndotnet run' },
        ],
      }
    case 'ruby':
      return {
        steps: [
          { title: 'Add the gems.', code: 'bundle add opentelemetry-sdk opentelemetry-exporter-otlp opentelemetry-instrumentation-all' },
          { title: 'Set it up; in Rails in config/initializers/opentelemetry.rb.', code: RUBY },
          { title: 'Say where to.', code: env + '\nbundle exec ruby app.rb' },
        ],
      }
    case 'php':
      return {
        steps: [
          { title: 'Add the extension, the SDK, and an instrumentation for your framework.', code: 'pecl install opentelemetry   # then extension=opentelemetry.so in php.ini\ncomposer require open-telemetry/sdk open-telemetry/exporter-otlp php-http/guzzle7-adapter\ncomposer require open-telemetry/opentelemetry-auto-slim   # or -laravel, -symfony, -wordpress, ...' },
          { title: 'Start your service with it.', code: env + '\nexport OTEL_PHP_AUTOLOAD_ENABLED=true OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none\nphp -S localhost:8080' },
        ],
      }
    case 'rust':
      return {
        steps: [
          { title: 'Add the crates.', code: 'cargo add opentelemetry opentelemetry_sdk\ncargo add opentelemetry-otlp --features http-proto,reqwest-blocking-client' },
          { title: 'Set it up once, in main.', code: RUST },
          { title: 'Say where to.', code: env + '\ncargo run' },
        ],
      }
    case 'cpp':
      return {
        steps: [
          { title: 'Build opentelemetry-cpp with the OTLP/HTTP exporter, and link it.', code: 'cmake -B build -DWITH_OTLP_HTTP=ON && cmake --build build --target install\n\n# in your CMakeLists.txt\nfind_package(opentelemetry-cpp CONFIG REQUIRED)\ntarget_link_libraries(app PRIVATE opentelemetry-cpp::trace opentelemetry-cpp::otlp_http_exporter)' },
          { title: 'Set it up once, in main.', code: CPP },
          { title: 'Say where to.', code: env + '\n./app' },
        ],
      }
    case 'erlang':
      return {
        steps: [
          { title: 'Add the packages to mix.exs (or rebar.config), the exporter before the SDK.', code: '{:opentelemetry_exporter, "~> 1.8"},\n{:opentelemetry, "~> 1.5"},\n{:opentelemetry_api, "~> 1.4"}' },
          { title: 'Say in config/runtime.exs that spans leave by OTLP.', code: ELIXIR },
          { title: 'Say where to.', code: env.replace(/export OTEL_EXPORTER_OTLP_PROTOCOL=.*\n?/, '').trimEnd() + '\nmix run --no-halt' },
        ],
      }
    case 'swift':
      return {
        note: 'For servers. For apps on iOS and macOS see opentelemetry-swift and its OpenTelemetryProtocolExporterHTTP.',
        steps: [
          { title: 'Add Swift OTel to Package.swift, and its product OTel to your target.', code: '.package(url: "https://github.com/swift-otel/swift-otel.git", from: "1.0.0")' },
          { title: 'Start it beside your own services.', code: SWIFT },
          { title: 'Say where to.', code: env + '\nexport OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none\nswift run' },
        ],
      }
    case 'browser':
      return {
        note: 'Pages of other sites may send only from origins that the configuration allows: set otlp.cors_origins. A key in a page can be read by everybody who opens it, so give it one of its own.',
        steps: [
          { title: 'Allow your site in sightline.yaml, and restart.', code: 'otlp:\n  cors_origins: ["https://shop.example"]' },
          { title: 'Add the SDK to the page.', code: 'npm install @opentelemetry/sdk-trace-web @opentelemetry/exporter-trace-otlp-http \\\n  @opentelemetry/resources @opentelemetry/instrumentation @opentelemetry/auto-instrumentations-web' },
          { title: 'Set it up before the page\'s own scripts.', code: BROWSER(t, KEY_HEADER) },
        ],
      }
    case 'collector':
      return { steps: [{ title: 'Add an exporter to the Collector that you have, and name it in the pipeline.', code: exporter(t) + '\n\nservice:\n  pipelines:\n    traces:\n      exporters: [otlphttp/sightline]   # beside those that are there' }] }
    case 'adot':
      return {
        note: 'ADOT is the OpenTelemetry Collector; the awsxray exporter may stay beside ours, so that X-Ray gets the same spans.',
        steps: [
          { title: 'Add our exporter to the ADOT Collector\'s configuration.', code: `receivers:\n  otlp:\n    protocols:\n      grpc:\n        endpoint: 0.0.0.0:4317\n      http:\n        endpoint: 0.0.0.0:4318\n\n${exporter(t)}\n\nservice:\n  pipelines:\n    traces:\n      receivers: [otlp]\n      exporters: [otlphttp/sightline]` },
          { title: 'Point the services at that Collector as before; for one with an ADOT SDK alone, say where to.', code: env },
        ],
      }
    case 'xray':
      return {
        note: 'Sightline does not speak the X-Ray daemon\'s own protocol yet; that comes with the next release. Today the OpenTelemetry Collector takes the daemon\'s place: its awsxray receiver listens where the daemon did, and the X-Ray SDKs need no change.',
        steps: [
          { title: 'Stop the X-Ray daemon, and run the Collector (otelcol-contrib, or ADOT) with this configuration.', code: xray(t) },
          { title: 'Start services as before. Elsewhere than on the Collector\'s machine, say where the daemon is.', code: 'export AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000' },
        ],
      }
  }
}

function exporter(t: Target): string {
  const headers = t.key === null ? '' : `\n    headers:\n      ${KEY_HEADER}: ${t.key}`
  return `exporters:\n  otlphttp/sightline:\n    endpoint: ${t.http}${headers}`
}

/** The region is asked for even where nothing is sent to AWS: the receiver also relays the SDKs' questions about sampling rules. */
function xray(t: Target): string {
  return `receivers:
  awsxray:
    endpoint: 0.0.0.0:2000        # UDP, as the daemon
    transport: udp
    proxy_server:
      endpoint: 0.0.0.0:2000      # TCP: sampling rules come from AWS;
      region: us-east-1           # without credentials SDKs use their local rules
      local_mode: true

${exporter(t)}

service:
  pipelines:
    traces:
      receivers: [awsxray]
      exporters: [otlphttp/sightline]`
}
