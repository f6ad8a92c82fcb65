package load

import (
	"regexp"
	"slices"
	"strconv"
)

// message is one kind of log record, encoded as far as all of its records are alike.
type message struct {
	severity byte // SeverityNumber
	level    string
	event    string
	body     []piece
	static   []byte
	dynamic  []dynamic
}

// piece is a text and perhaps a value after it.
type piece struct {
	text  string
	has   bool
	value dynamic
}

// placeholders are the values that a body can have in braces; number:N is below N.
var placeholders = map[string]dynamic{
	"uuid": {kind: uuid}, "address": {kind: address}, "port": {kind: port}, "amount": {kind: amount},
	"product": {kind: path, of: []string{""}}, "currency": {kind: choice, of: []string{"EUR", "USD", "CHF", "JPY"}},
}

var placeholder = regexp.MustCompile(`\{(\w+)(?::(\d+))?\}`)

// pieces splits a body at its placeholders.
func pieces(body string) (out []piece) {
	done := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(body, -1) {
		value, ok := placeholders[body[at[2]:at[3]]]
		if at[4] >= 0 {
			n, err := strconv.Atoi(body[at[4]:at[5]])
			value, ok = dynamic{kind: number, n: n}, err == nil
		}
		if ok {
			out, done = append(out, piece{body[done:at[0]], true, value}), at[1]
		}
	}
	return append(out, piece{text: body[done:]})
}

// said makes a message of attributes that are all alike (key, value, key, value) and of such that differ. All name their thread.
func said(severity byte, level, body string, alike []string, differ ...dynamic) message {
	m := message{severity: severity, level: level, body: pieces(body), dynamic: differ}
	if !slices.Contains(alike, "thread.name") {
		m.dynamic = append(m.dynamic, dynamic{kind: thread, key: "thread.name"})
	}
	for i := 0; i+1 < len(alike); i += 2 {
		m.static = appendAttr(m.static, 6, alike[i], textValue(alike[i+1]))
	}
	return m
}

func info(body string, alike []string, differ ...dynamic) message {
	return said(9, "INFO", body, alike, differ...)
}

func debug(body string, alike []string, differ ...dynamic) message {
	return said(5, "DEBUG", body, alike, differ...)
}

func warn(body string, alike []string, differ ...dynamic) message {
	return said(13, "WARN", body, alike, differ...)
}

func named(event string, m message) message {
	m.event = event
	return m
}

// id, count and money are attributes that differ.
func id(key string) dynamic           { return dynamic{kind: uuid, key: key} }
func count(key string, n int) dynamic { return dynamic{kind: number, key: key, n: n} }
func money(key string) dynamic        { return dynamic{kind: amount, key: key} }
func product(key string) dynamic      { return dynamic{kind: path, key: key, of: []string{""}} }

// source are the attributes that a logging library adds about the place in the code.
func source(file, function string) []string {
	return []string{"code.file.path", file, "code.function.name", function}
}

// messages are what each service says, and by which logger.
var messages = [...]struct {
	logger string
	said   []message
}{
	frontendProxy: {"envoy.access_log", []message{
		info(`{address} - "GET /api/products/{product} HTTP/1.1" 200 - via_upstream - "-" 0 {number:40000} {number:90} {number:88} "-" "Mozilla/5.0 (X11; Linux x86_64)" "{uuid}" "frontend-proxy:8080"`,
			[]string{"upstream.cluster", "frontend", "url.template", "/api/products/{productId}", "http.request.method", "GET", "user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"},
			dynamic{kind: address, key: "destination.address"}, count("event.duration", 900), id("http.request.id")),
		info(`{address} - "POST /api/cart HTTP/1.1" 200 - via_upstream - "-" {number:300} {number:900} {number:40} {number:39} "-" "Mozilla/5.0 (X11; Linux x86_64)" "{uuid}" "frontend-proxy:8080"`,
			[]string{"upstream.cluster", "frontend", "url.template", "/api/cart", "http.request.method", "POST", "user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"},
			dynamic{kind: address, key: "destination.address"}, count("event.duration", 900), id("http.request.id")),
	}},
	frontend: {"next-server", []message{
		info("GET /api/products/{product} 200 in {number:120}ms", []string{"log.iostream", "stdout"}, count("http.response.body.size", 40_000), id("app.session.id")),
		debug("cache miss for product list of session {uuid}", []string{"log.iostream", "stdout"}, id("app.session.id")),
	}},
	cart: {"cart.cartstore.ValkeyCartStore", []message{
		info("GetCartAsync called with userId={uuid}", []string{"{OriginalFormat}", "GetCartAsync called with userId={userId}"}, id("userId"), count("ThreadId", 64)),
		info("AddItemAsync called with userId={uuid}, productId={product}, quantity={number:9}", []string{"{OriginalFormat}", "AddItemAsync called with userId={userId}, productId={productId}, quantity={quantity}"},
			id("userId"), product("productId"), count("quantity", 9)),
	}},
	checkout: {"checkout", []message{
		info("[PlaceOrder]", source("/usr/src/app/main.go", "main.(*checkout).PlaceOrder"), id("user_id"), dynamic{kind: choice, key: "user_currency", of: []string{"EUR", "USD", "CHF", "JPY"}}),
		info("payment went through", source("/usr/src/app/main.go", "main.(*checkout).PlaceOrder"), id("transaction_id")),
		info("order placed", source("/usr/src/app/main.go", "main.(*checkout).PlaceOrder"), id("app.order.id"), money("app.shipping.amount"), money("app.order.amount"), count("app.order.items.count", 9), id("app.shipping.tracking.id")),
		info("Successful to write message. offset: {number:100000000}, duration: {number:40}ms", source("/usr/src/app/kafka/producer.go", "kafka.Send"), count("messaging.kafka.offset", 1<<30)),
	}},
	productCatalog: {"product-catalog", []message{
		info("Product Found", source("/usr/src/app/main.go", "main.(*productCatalog).GetProduct"), product("app.product.id"), product("app.product.name"), count("code.line.number", 400)),
		debug("query of catalog.products took {number:9000}us", source("/usr/src/app/db.go", "main.query"), count("db.response.returned_rows", 20)),
	}},
	currency: {"currency", []message{
		info("Convert conversion successful", []string{"app.currency.conversion.to", "USD"}, money("app.currency.amount")),
	}},
	recommendation: {"main", []message{
		info("Receive ListRecommendations for product ids:['{product}', '{product}', '{product}', '{product}', '{product}']",
			append(source("/app/recommendation_server.py", "ListRecommendations"), "otelServiceName", "recommendation", "otelTraceSampled", "true"), count("code.line.number", 200)),
		debug("get_product_list: cache hit", append(source("/app/recommendation_server.py", "get_product_list"), "otelServiceName", "recommendation"), count("code.line.number", 200)),
	}},
	ad: {"oteldemo.AdService", []message{
		info("Targeted ad request received for [{product}, {product}]", []string{"thread.name", "grpc-default-executor-3"}, count("thread.id", 64), id("session.id")),
		info("Non-targeted ad request received, preparing random response.", []string{"thread.name", "grpc-default-executor-1"}, count("thread.id", 64), id("session.id")),
		warn("ad of category {number:12} has no target", []string{"thread.name", "grpc-default-executor-1"}, count("thread.id", 64)),
	}},
	payment: {"payment-logger", []message{
		info("Charge request received.", []string{"loyalty.level", "gold"}, id("request.id"), money("request.amount.units")),
		named("app.payment.charged", info("Transaction complete.", []string{"cardType", "visa", "loyalty_level", "gold"}, id("transactionId"), money("amount.units"), count("lastFourDigits", 9999))),
	}},
	shipping: {"shipping::shipping_service", []message{
		info("Received quote: {amount}", []string{"target", "shipping::shipping_service::quote", "code.module.name", "shipping::shipping_service::quote"}, money("app.shipping.cost.total"), count("code.line.number", 90)),
		info("Tracking ID Created: {uuid}", []string{"target", "shipping::shipping_service::tracking", "code.module.name", "shipping::shipping_service::tracking"}, count("code.line.number", 90)),
	}},
	quote: {"open-telemetry", []message{
		info("Calculated quote", []string{"context.class", `App\Application\Quote`}, money("context.total"), count("context.items", 9)),
	}},
	email: {"email", []message{
		info("Order confirmation email sent to: {uuid}@example.com", []string{"template", "confirmation"}, id("app.order.id")),
	}},
	accounting: {"Accounting.Consumer", []message{
		info(`Order details: { "orderId": "{uuid}", "shippingTrackingId": "{uuid}", "shippingCost": { "currencyCode": "{currency}", "units": "{number:90}", "nanos": {number:999999999} }, "items": [ { "item": { "productId": "{product}", "quantity": {number:9} }, "cost": { "currencyCode": "{currency}", "units": "{number:900}" } } ] }`,
			[]string{"{OriginalFormat}", "Order details: {@OrderResult}."}, count("ThreadId", 64)),
	}},
	fraud: {"frauddetection.main", []message{
		info("Consumed record with orderId: {uuid}, and updated total count to: {number:9000000}", []string{"thread.name", "main"}, count("thread.id", 64)),
	}},
	imageProvider: {"nginx.access", []message{
		info(`{address} - - "GET /{product}.jpg HTTP/1.1" 200 {number:90000} "-" "Mozilla/5.0 (X11; Linux x86_64)" "-"`, []string{"log.file.name", "access.log"}, count("http.response.body.size", 90_000)),
	}},
}

// failure is what a failing request leaves behind.
var failure = said(17, "ERROR", "request {uuid} failed: no answer from upstream after {number:900} ms",
	[]string{"exception.type", "java.util.concurrent.TimeoutException", "exception.message", "no answer from upstream", "exception.stacktrace", stack}, id("app.request.id"))

// stray are messages of no request.
var stray = []message{
	info("GC pause (G1 Evacuation Pause) {number:900}M->{number:400}M({number:2000}M) {number:90}ms", nil, count("gc.id", 1<<20)),
	info("connection from {address}:{port} accepted", []string{"component", "listener"}, count("connections", 400)),
	debug("refreshed {number:40} feature flags in {number:90} ms", []string{"component", "flagd"}, id("sync.id")),
	warn("pool is at {number:100} percent of its connections", []string{"component", "pgx"}, count("waiting", 12)),
}
