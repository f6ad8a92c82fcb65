package load

import "fmt"

// attrs encodes the attributes that every span of an operation has.
type attrs []byte

func (a *attrs) text(key, v string)      { *a = appendAttr(*a, 9, key, textValue(v)) }
func (a *attrs) int(key string, v int64) { *a = appendAttr(*a, 9, key, intValue(v)) }

// status encodes Span.status.
func status(code byte, message string) []byte {
	var s []byte
	if message != "" {
		s = appendText(s, 2, message)
	}
	s = append(s, 3<<3, code)
	return appendBytes(appendTag(nil, 15, 2), s)
}

func httpServer(service int, method, route string, self int64, calls ...call) *operation {
	var a, ok, failed attrs
	a.text("http.request.method", method)
	a.text("http.route", route)
	a.text("url.scheme", "http")
	a.text("network.protocol.version", "1.1")
	a.text("server.address", services[service].name)
	a.int("server.port", 8080)
	a.text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36")
	ok.int("http.response.status_code", 200)
	failed.int("http.response.status_code", 503)
	failed.text("error.type", "503")
	return &operation{
		service: service, name: method + " " + route, kind: server, self: self, static: a, succeeded: ok, failed: failed,
		failedStatus: status(2, ""), calls: calls,
		dynamic: []dynamic{
			{kind: path, key: "url.path", of: []string{route[:len(route)/2+1]}}, {kind: address, key: "client.address"},
			{kind: port, key: "network.peer.port"}, {kind: uuid, key: "app.session.id"}, {kind: number, key: "http.response.body.size", n: 40000},
		},
	}
}

func httpClient(method, url, host string, at int64, self int64, callee *operation) *operation {
	var a, ok, failed attrs
	a.text("http.request.method", method)
	a.text("server.address", host)
	a.int("server.port", at)
	a.text("network.protocol.name", "http")
	a.text("network.protocol.version", "1.1")
	a.text("peer.service", host)
	ok.int("http.response.status_code", 200)
	failed.int("http.response.status_code", 503)
	failed.text("error.type", "503")
	return &operation{
		service: -1, name: method, kind: client, self: self, static: a, succeeded: ok, failed: failed,
		failedStatus: status(2, "upstream failed"), calls: []call{{op: callee}},
		dynamic: []dynamic{
			{kind: path, key: "url.full", of: []string{url + "?productId="}}, {kind: address, key: "network.peer.address"},
			{kind: number, key: "http.request.body.size", n: 3000}, {kind: number, key: "http.response.body.size", n: 40000}, {kind: uuid, key: "app.request.id"},
		},
	}
}

func grpcServer(service int, name, method string, self int64, calls ...call) *operation {
	o := grpc(service, name, method, services[service].name, 8080, server, self)
	o.dynamic = append(o.dynamic, dynamic{kind: uuid, key: "app.user.id"}, dynamic{kind: number, key: "app.products.count", n: 12})
	o.calls = calls
	return o
}

func grpcClient(name, method, host string, at int64, self int64, callee *operation) *operation {
	o := grpc(-1, name, method, host, at, client, self)
	o.dynamic = append(o.dynamic, dynamic{kind: number, key: "rpc.message.compressed_size", n: 2000}, dynamic{kind: uuid, key: "app.request.id"})
	o.calls = []call{{op: callee}}
	return o
}

func grpc(service int, name, method, host string, at int64, kind int, self int64) *operation {
	var a, ok, failed attrs
	a.text("rpc.system", "grpc")
	a.text("rpc.service", name)
	a.text("rpc.method", method)
	a.text("server.address", host)
	a.int("server.port", at)
	a.text("network.type", "ipv4")
	ok.int("rpc.grpc.status_code", 0)
	failed.int("rpc.grpc.status_code", 14)
	return &operation{
		service: service, name: name + "/" + method, kind: kind, self: self, static: a, succeeded: ok, failed: failed,
		failedStatus: status(2, "14 UNAVAILABLE: no answer from upstream"),
		dynamic: []dynamic{
			{kind: address, key: "network.peer.address"}, {kind: port, key: "network.peer.port"}, {kind: thread, key: "thread.name"},
		},
	}
}

func query(name, db, operationName, table, text string, self int64) *operation {
	var a, failed attrs
	a.text("db.system.name", "postgresql")
	a.text("db.namespace", db)
	a.text("db.operation.name", operationName)
	a.text("db.collection.name", table)
	a.text("db.query.text", text)
	a.text("server.address", "postgresql")
	a.int("server.port", 5432)
	a.text("network.transport", "tcp")
	failed.text("error.type", "57014")
	return &operation{
		service: -1, name: name, kind: client, self: self, static: a, failed: failed, failedStatus: status(2, "canceling statement due to statement timeout"),
		dynamic: []dynamic{
			{kind: number, key: "db.response.returned_rows", n: 20}, {kind: address, key: "network.peer.address"},
			{kind: thread, key: "thread.name"}, {kind: uuid, key: "app.query.id"},
		},
	}
}

func cache(command string, self int64) *operation {
	var a, failed attrs
	a.text("db.system.name", "redis")
	a.text("db.namespace", "0")
	a.text("db.operation.name", command)
	a.text("server.address", "valkey-cart")
	a.int("server.port", 6379)
	a.text("network.transport", "tcp")
	a.text("network.type", "ipv4")
	a.text("network.peer.address", "10.96.14.201")
	failed.text("error.type", "StackExchange.Redis.RedisTimeoutException")
	return &operation{
		service: -1, name: command, kind: client, self: self, static: a, failed: failed, failedStatus: status(2, "timeout"), event: "Enqueued",
		dynamic: []dynamic{
			{kind: uuid, key: "app.user.id"}, {kind: thread, key: "thread.name"}, {kind: amount, key: "db.redis.latency_ms"}, {kind: number, key: "db.response.size", n: 900},
		},
	}
}

func publish(topic string, self int64, calls ...call) *operation {
	var a, failed attrs
	a.text("messaging.system", "kafka")
	a.text("messaging.operation.type", "send")
	a.text("messaging.operation.name", "publish")
	a.text("messaging.destination.name", topic)
	a.text("messaging.client.id", "sarama")
	a.text("server.address", "kafka")
	a.int("server.port", 9092)
	failed.text("error.type", "kafka server: request timed out")
	return &operation{
		service: -1, name: topic + " publish", kind: producer, self: self, static: a, failed: failed, failedStatus: status(2, "not sent"), calls: calls,
		dynamic: []dynamic{
			{kind: choice, key: "messaging.destination.partition.id", of: []string{"0", "1", "2"}}, {kind: number, key: "messaging.kafka.offset", n: 1 << 30},
			{kind: uuid, key: "messaging.message.id"}, {kind: number, key: "messaging.message.body.size", n: 2000}, {kind: amount, key: "app.order.amount"},
		},
	}
}

func consume(service int, topic, group string, self int64, calls ...call) *operation {
	var a, failed attrs
	a.text("messaging.system", "kafka")
	a.text("messaging.operation.type", "process")
	a.text("messaging.operation.name", "process")
	a.text("messaging.destination.name", topic)
	a.text("messaging.consumer.group.name", group)
	a.text("server.address", "kafka")
	failed.text("error.type", "OrderException")
	return &operation{
		service: service, name: topic + " process", kind: consumer, self: self, static: a, failed: failed, failedStatus: status(2, "order is not valid"), calls: calls,
		dynamic: []dynamic{
			{kind: choice, key: "messaging.destination.partition.id", of: []string{"0", "1", "2"}}, {kind: number, key: "messaging.kafka.offset", n: 1 << 30},
			{kind: uuid, key: "messaging.message.id"}, {kind: thread, key: "thread.name"}, {kind: uuid, key: "app.order.id"}, {kind: amount, key: "app.order.amount"},
		},
	}
}

// step is local work inside a service.
func step(service int, name string, self int64, calls ...call) *operation {
	var a, failed attrs
	a.text("code.function.name", fmt.Sprintf("io.shop.%s.%s", services[service].name, name))
	a.text("code.file.path", "/src/"+services[service].name+"/handler.go")
	a.text("app.feature.variant", "control")
	a.text("app.tenant", "public")
	failed.text("error.type", "java.util.concurrent.TimeoutException")
	var event attrs
	event = appendAttr(event, 3, "app.items", intValue(3))
	event = appendAttr(event, 3, "app.cached", boolValue(true))
	event = appendAttr(event, 3, "app.step.detail", textValue("prepared in one pass"))
	return &operation{
		service: -1, name: name, kind: internal, self: self, static: a, failed: failed, failedStatus: status(2, ""), calls: calls,
		event: "prepared", eventAttrs: event,
		dynamic: []dynamic{
			{kind: number, key: "code.line.number", n: 900}, {kind: number, key: "thread.id", n: 64}, {kind: thread, key: "thread.name"},
			{kind: uuid, key: "app.user.id"}, {kind: uuid, key: "app.session.id"}, {kind: amount, key: "app.order.amount"}, {kind: choice, key: "app.currency", of: []string{"EUR", "USD", "CHF", "JPY"}},
		},
	}
}
