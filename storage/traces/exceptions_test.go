package traces

import (
	"slices"
	"strings"
	"testing"
)

func TestMessagesWithoutTheirVariables(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"order 42 not found":                                            "order <n> not found",
		"timeout after 30000ms":                                         "timeout after <n>ms",
		"can't open file":                                               "can't open file",
		"invalid value 'abc def' for \"name\"":                          "invalid value <text> for <text>",
		"user 6ba7b810-9dad-11d1-80b4-00c04fd430c8 is gone":             "user <id> is gone",
		"object at 0x7f2a11c0 freed":                                    "object at <hex> freed",
		"dial tcp 10.0.3.17:5432: connect: connection refused":          "dial tcp <addr>: connect: connection refused",
		"dial tcp db-3.shop.svc:5432: connection refused":               "dial tcp <addr>: connection refused",
		"Connection refused: /10.1.2.3:80":                              "Connection refused: <addr>",
		"GET https://pay.example/v1/charge?id=12 failed with 503":       "GET <url> failed with <n>",
		"no route for /orders/4711/items":                               "no route for /orders/<n>/items",
		"mail to anna@example.com bounced":                              "mail to <email> bounced",
		"com.acme.Order@1a2b3c4d is stale":                              "com.acme.Order@<hex> is stale",
		"key deadbeefcafe0123 missing":                                  "key <hex> missing",
		"session a8F3kQ9zLm20XyT7pq expired":                            "session <id> expired",
		"lease   of\n\tnode-17 lost":                                    "lease of node-<n> lost",
		"temperature -3.5 is below":                                     "temperature <n> is below",
		"":                                                              "",
		"Ошибка 17 в заказе":                                            "Ошибка <n> в заказе",
		"Cannot read properties of undefined (reading 'id')":            "Cannot read properties of undefined (reading <text>)",
		"dial tcp [fe80::1:2:3]:443: no route":                          "dial tcp [<addr>]:<n>: no route",
		"ERROR: duplicate key value violates \"u_1\" (SQLSTATE 23505).": "ERROR: duplicate key value violates <text> (SQLSTATE <n>).",
	} {
		if got := messagePattern(message); got != want {
			t.Errorf("%q is %q, want %q", message, got, want)
		}
	}
}

var stacks = map[string]struct {
	stack string
	want  []string
}{
	"java": {`com.acme.PaymentException: declined
	at java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)
	at com.acme.pay.Gateway.charge(Gateway.java:88)
	at com.acme.pay.Gateway.lambda$submit$3(Gateway.java:61)
	at org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:897)
	at com.acme.web.OrderController$$EnhancerBySpringCGLIB$$1a2b3c.post(<generated>)
	at app//com.acme.web.OrderController.post(OrderController.java:40)
Caused by: java.io.IOException: reset
	at com.acme.other.Thing.x(Thing.java:1)`, []string{"com.acme.pay.Gateway.charge", "com.acme.pay.Gateway.lambda$submit", "com.acme.web.OrderController.post"}},
	"dotnet": {`System.InvalidOperationException: no stock
   at System.Linq.Enumerable.First[T](IEnumerable` + "`" + `1 source)
   at Shop.Stock.StockService.<Reserve>d__5.MoveNext() in /src/Stock/StockService.cs:line 42
--- End of stack trace from previous location ---
   at Microsoft.AspNetCore.Mvc.Infra.Invoke(Object o)
   at Shop.Stock.Api.Handle(HttpContext c)`, []string{"Shop.Stock.StockService.<Reserve>", "Shop.Stock.Api.Handle"}},
	"node": {`TypeError: Cannot read properties of undefined (reading 'id')
    at /app/node_modules/express/lib/router.js:10:5
    at Cart.total (/app/src/cart.js:31:17)
    at async file:///app/src/routes/main.3f2a1bcd.js:7:3
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`, []string{"Cart.total (src/cart.js)", "routes/main.js"}},
	"python": {`Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/flask/app.py", line 1823, in full_dispatch_request
    rv = self.dispatch_request()
  File "/app/shop/web.py", line 20, in checkout
    return pay(cart)
  File "/app/shop/payment.py", line 77, in pay
    raise ValueError("declined")
  File "/usr/lib/python3.11/json/decoder.py", line 3, in decode
ValueError: declined`, []string{"pay (shop/payment.py)", "checkout (shop/web.py)"}},
	"go": {`goroutine 17 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:26 +0x5e
panic({0x7a4e20?, 0xc00001a0f0?})
	/usr/local/go/src/runtime/panic.go:792 +0x132
github.com/acme/shop/cart.(*Cart).Total(0xc000012345, {0x1, 0x2})
	/src/shop/cart/cart.go:31 +0x1d
main.handle(...)
	/src/shop/main.go:12
net/http.HandlerFunc.ServeHTTP(0x0?, {0x0, 0x0}, 0x0?)
	/usr/local/go/src/net/http/server.go:2294 +0x29
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3454 +0x485`, []string{"cart.(*Cart).Total", "main.handle"}},
	"ruby": {"/usr/local/bundle/gems/rack-3.0.8/lib/rack/head.rb:15:in `call'\n" +
		"/app/app/models/order.rb:42:in `block in total'\n\tfrom /app/app/controllers/orders_controller.rb:7:in 'OrdersController#show'", []string{"total (models/order.rb)", "OrdersController#show (controllers/orders_controller.rb)"}},
	"php":     {"#0 /var/www/vendor/laravel/x.php(12): Laravel\\X->run()\n#1 /var/www/app/Cart.php(31): App\\Cart->total(Object(App\\User))\n#2 {main}", []string{"App\\Cart->total (app/Cart.php)"}},
	"library": {"\tat java.util.List.get(List.java:1)\n\tat java.util.List.get(List.java:2)\n\tat java.util.Map.of(Map.java:2)", []string{"java.util.List.get", "java.util.Map.of"}},
	"none":    {"something else\nentirely", nil},
}

func TestTopFramesOfEachLanguage(t *testing.T) {
	t.Parallel()
	for name, c := range stacks {
		if got := topFrames(framesOf(c.stack)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		moved := strings.NewReplacer(":88", ":89", ":31", ":33", "line 77", "line 80", ":42", ":43", "line 42", "line 43").Replace(c.stack)
		if a, b := Fingerprint("s", "T", "m 1", c.stack), Fingerprint("s", "T", "m 2", moved); a != b {
			t.Errorf("%s: another line is another group", name)
		}
		if a, b := Fingerprint("s", "T", "m", c.stack), Fingerprint("other", "T", "m", c.stack); a == b {
			t.Errorf("%s: two services share a group", name)
		}
	}
}

func FuzzFingerprint(f *testing.F) {
	for _, c := range stacks {
		f.Add("order 42 'x' not found at 10.0.0.1:80", c.stack)
	}
	f.Fuzz(func(t *testing.T, message, stack string) {
		if p := messagePattern(message); len(p) > 8*maxPrint {
			t.Errorf("pattern of %d bytes", len(p))
		}
		if len(topFrames(framesOf(stack))) > printedFrames {
			t.Error("too many frames")
		}
	})
}
