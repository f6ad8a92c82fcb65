package load

import (
	"fmt"
	"math"
	"strings"
)

func floatBits(v float64) uint64 { return math.Float64bits(v) }

// Span kinds.
const (
	internal = 1
	server   = 2
	client   = 3
	producer = 4
	consumer = 5
)

// operation is one kind of span, encoded as far as all of its spans are alike.
type operation struct {
	service   int // whose pods make it; -1: the caller's
	name      string
	kind      int
	self      int64 // ns, on average
	static    []byte
	dynamic   []dynamic
	succeeded []byte // attributes of a span that ended well
	failed    []byte // and of one that did not

	failedStatus []byte
	event        string
	eventAttrs   []byte
	calls        []call
}

// call is a call that an operation makes.
type call struct {
	op    *operation
	share float64 // of how many requests; 0: all
	times int
	async bool
}

// Kinds of values that differ from span to span.
const (
	uuid = iota
	address
	port
	number
	amount
	choice
	path
	thread
)

type dynamic struct {
	kind int
	key  string
	n    int
	of   []string
}

const (
	frontendProxy = iota
	frontend
	cart
	checkout
	productCatalog
	currency
	recommendation
	ad
	payment
	shipping
	quote
	email
	accounting
	fraud
	imageProvider
)

// services are the shop's; library and version are the instrumentation scope of their spans.
var services = []struct {
	name, language, library, version string
}{
	frontendProxy:  {name: "frontend-proxy", language: "cpp", library: "envoy", version: "1.31.0"},
	frontend:       {name: "frontend", language: "nodejs", library: "@opentelemetry/instrumentation-http", version: "0.57.0"},
	cart:           {name: "cart", language: "dotnet", library: "OpenTelemetry.Instrumentation.AspNetCore", version: "1.11.0"},
	checkout:       {name: "checkout", language: "go", library: "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc", version: "0.60.0"},
	productCatalog: {name: "product-catalog", language: "go", library: "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc", version: "0.60.0"},
	currency:       {name: "currency", language: "cpp", library: "currency", version: "1.2.0"},
	recommendation: {name: "recommendation", language: "python", library: "opentelemetry.instrumentation.grpc", version: "0.52b0"},
	ad:             {name: "ad", language: "java", library: "io.opentelemetry.grpc-1.6", version: "2.14.0-alpha"},
	payment:        {name: "payment", language: "nodejs", library: "@opentelemetry/instrumentation-grpc", version: "0.57.0"},
	shipping:       {name: "shipping", language: "rust", library: "opentelemetry-instrumentation-actix-web", version: "0.22.0"},
	quote:          {name: "quote", language: "php", library: "io.opentelemetry.contrib.php.slim", version: "1.0.7"},
	email:          {name: "email", language: "ruby", library: "OpenTelemetry::Instrumentation::Sinatra", version: "0.25.0"},
	accounting:     {name: "accounting", language: "dotnet", library: "OpenTelemetry.AutoInstrumentation.Kafka", version: "1.10.0"},
	fraud:          {name: "fraud-detection", language: "java", library: "io.opentelemetry.kafka-clients-0.11", version: "2.14.0-alpha"},
	imageProvider:  {name: "image-provider", language: "cpp", library: "nginx", version: "1.27.0"},
}

// scopes are the encoded InstrumentationScopes of the services, with their tags.
func scopes(of func(service int) (name, version string)) [][]byte {
	all := make([][]byte, len(services))
	for i := range services {
		name, version := of(i)
		scope := appendText(nil, 1, name)
		if version != "" {
			scope = appendText(scope, 2, version)
		}
		all[i] = appendBytes(appendTag(nil, 1, 2), scope)
	}
	return all
}

var products = []string{"OLJCESPC7Z", "66VCHSJNUP", "1YMWWN1N4O", "L9ECAV7KIM", "2ZYFJ3GM2N", "0PUK6V6EV0", "LS4PSXUNUM", "9SIQT8TOJO", "6E92ZMYYFZ", "HQTGWGPNH4"}

// newPod makes an instance with its resource of 25 attributes.
func (g *Generator) newPod(service, i int) pod {
	s := services[service]
	hash := fmt.Sprintf("%010x", g.shape.next()&(1<<40-1))
	id := string(appendUUID(nil, &g.shape))
	node := fmt.Sprintf("ip-10-0-%d-%d.eu-west-1.compute.internal", g.shape.n(4), g.shape.n(250))
	var r []byte
	text := func(key, v string) { r = appendAttr(r, 1, key, textValue(v)) }
	text("service.name", s.name)
	text("service.namespace", "opentelemetry-demo")
	text("service.version", "2.0."+fmt.Sprint(service%3))
	text("service.instance.id", id)
	text("deployment.environment.name", "production")
	text("telemetry.sdk.name", "opentelemetry")
	text("telemetry.sdk.language", s.language)
	text("telemetry.sdk.version", "1.35.0")
	text("host.name", s.name+"-"+hash[:9]+"-"+hash[5:])
	text("host.arch", "amd64")
	text("os.type", "linux")
	text("os.description", "Debian GNU/Linux 12 (bookworm)")
	r = appendAttr(r, 1, "process.pid", intValue(int64(1+g.shape.n(40))))
	text("process.executable.path", "/usr/local/bin/"+s.name)
	text("process.runtime.name", s.language)
	text("process.runtime.version", "21.0.5+11")
	r = appendAttr(r, 1, "process.command_args", listValue("/usr/local/bin/"+s.name, "--config=/etc/shop/config.yaml"))
	text("k8s.namespace.name", "otel-demo")
	text("k8s.deployment.name", s.name)
	text("k8s.pod.name", s.name+"-"+hash[:9]+"-"+hash[5:])
	text("k8s.pod.uid", id)
	text("k8s.node.name", node)
	text("container.id", strings.Repeat(hash, 6))
	text("cloud.provider", "aws")
	text("cloud.region", "eu-west-1")
	return pod{service: service, resource: appendBytes(appendTag(nil, 1, 2), r), address: fmt.Sprintf("10.244.0.%d", i)}
}
