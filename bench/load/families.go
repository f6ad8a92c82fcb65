package load

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// Kinds of instruments.
const (
	counter = iota // integer, monotonic
	upDown         // integer
	seconds        // double, monotonic
	gauge
	histogram
	exponential
)

// family is one metric as every instance has it.
type family struct {
	name, unit, description string
	kind                    int
	share                   float64 // of an instance's series
	scale                   float64 // about what a gauge says
	dims                    []dim
	field                   byte   // of Metric
	tail                    []byte // temporality and monotonic, encoded
}

type dim struct {
	key    string
	values []string
}

// bucketBounds are those that the conventions give for durations, seconds.
var bucketBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// bounds is the encoded field of them.
var bounds = func() []byte {
	b := []byte{7<<3 | 2, byte(8 * len(bucketBounds))}
	for _, v := range bucketBounds {
		b = binary.LittleEndian.AppendUint64(b, floatBits(v))
	}
	return b
}()

// Of exponential histograms: buckets of 19 % from 4 ms on.
const (
	exponentialScale   = 2
	exponentialOffset  = 32 // below one
	exponentialBuckets = 48
)

// middle is the lowest bucket that values fall into.
func (f *family) middle() int {
	if f.kind == histogram {
		return 1
	}
	return 12
}

// value is one that falls into the bucket.
func (f *family) value(bucket int) float64 {
	if f.kind == histogram {
		return bucketBounds[bucket] * 0.9
	}
	return math.Exp2((float64(bucket-exponentialOffset) + 0.5) / (1 << exponentialScale))
}

var (
	methods  = dim{"http.request.method", []string{"GET", "POST"}}
	routes   = dim{"http.route", []string{"/api/products/{productId}", "/api/products", "/api/cart", "/api/checkout", "/api/data", "/api/recommendations", "/api/currency"}}
	statuses = dim{"http.response.status_code", []string{"200", "503", "404", "429"}}
	tables   = dim{"db.collection.name", []string{"products", "order", "orderitem", "shipping"}}
	states   = dim{"state", []string{"used", "free", "cached", "buffers"}}
)

// families are what an SDK and its instrumentation libraries export.
var families = func() []family {
	all := []family{
		{name: "http.server.request.duration", unit: "s", description: "Duration of HTTP server requests.", kind: histogram, share: 0.10, dims: []dim{routes, methods, statuses}},
		{name: "http.client.request.duration", unit: "s", description: "Duration of HTTP client requests.", kind: histogram, share: 0.06, dims: []dim{{"server.address", []string{"shipping", "quote", "email", "frontend"}}, methods, statuses}},
		{name: "rpc.server.duration", unit: "s", description: "Measures the duration of inbound RPC.", kind: histogram, share: 0.05, dims: []dim{{"rpc.method", []string{"GetProduct", "ListProducts", "Convert", "GetCart", "AddItem", "Charge"}}, {"rpc.grpc.status_code", []string{"0", "14"}}}},
		{name: "db.client.operation.duration", unit: "s", description: "Duration of database client operations.", kind: histogram, share: 0.04, dims: []dim{tables, {"db.operation.name", []string{"SELECT", "INSERT"}}}},
		{name: "app.order.latency", unit: "s", description: "How long orders take.", kind: exponential, share: 0.05, dims: []dim{{"app.currency", []string{"EUR", "USD", "CHF", "JPY"}}, {"app.step", []string{"quote", "charge", "ship", "mail"}}}},
		{name: "http.server.request.count", unit: "{request}", description: "Requests.", kind: counter, share: 0.14, dims: []dim{routes, statuses, methods}},
		{name: "app.product.views", unit: "{view}", description: "Views of products.", kind: counter, share: 0.12, dims: []dim{{"app.product.id", products}, {"app.currency", []string{"EUR", "USD", "CHF", "JPY"}}}},
		{name: "system.network.io", unit: "By", description: "Bytes over the network.", kind: counter, share: 0.06, dims: []dim{{"network.io.direction", []string{"transmit", "receive"}}, {"network.interface.name", []string{"eth0", "lo"}}}},
		{name: "system.cpu.time", unit: "s", description: "Seconds of each CPU in each state.", kind: seconds, share: 0.08, dims: []dim{{"cpu.mode", []string{"user", "system", "idle", "iowait"}}, {"cpu.logical_number", []string{"0", "1", "2", "3"}}}},
		{name: "messaging.client.consumed.messages", unit: "{message}", description: "Messages consumed.", kind: counter, share: 0.03, dims: []dim{{"messaging.destination.partition.id", []string{"0", "1", "2"}}, {"messaging.destination.name", []string{"orders"}}}},
		{name: "http.server.active_requests", unit: "{request}", description: "Requests under way.", kind: upDown, share: 0.03, dims: []dim{methods, {"url.scheme", []string{"http", "https"}}}},
		{name: "system.memory.usage", unit: "By", description: "Memory in each state.", kind: gauge, share: 0.06, scale: 8e9, dims: []dim{states}},
		{name: "jvm.memory.used", unit: "By", description: "Measure of memory used.", kind: gauge, share: 0.07, scale: 4e8, dims: []dim{{"jvm.memory.pool.name", []string{"G1 Eden Space", "G1 Old Gen", "G1 Survivor Space", "Metaspace"}}, {"jvm.memory.type", []string{"heap", "non_heap"}}}},
		{name: "system.cpu.utilization", unit: "1", description: "Share of each CPU in use.", kind: gauge, share: 0.07, scale: 1, dims: []dim{{"cpu.logical_number", []string{"0", "1", "2", "3"}}, {"cpu.mode", []string{"user", "system"}}}},
		{name: "messaging.kafka.consumer.lag", unit: "{message}", description: "How far a consumer is behind.", kind: gauge, share: 0.04, scale: 500, dims: []dim{{"messaging.destination.partition.id", []string{"0", "1", "2"}}}},
	}
	for i := range all {
		f := &all[i]
		switch f.kind {
		case counter, seconds:
			f.field, f.tail = 7, []byte{2 << 3, 2, 3 << 3, 1}
		case upDown:
			f.field, f.tail = 7, []byte{2 << 3, 2}
		case gauge:
			f.field = 5
		case histogram:
			f.field, f.tail = 9, []byte{2 << 3, 2}
		case exponential:
			f.field, f.tail = 10, []byte{2 << 3, 2}
		}
	}
	return all
}()

// instruments gives an instance its metrics, of so many series.
func (g *Generator) instruments(total int) []instrument {
	var all []instrument
	share, given := 0.0, 0
	for i := range families {
		f := &families[i]
		share += f.share
		upTo := int(math.Round(share * float64(total)))
		if i == len(families)-1 {
			upTo = total
		}
		if upTo == given {
			continue
		}
		in := instrument{family: f, head: appendText(appendText(appendText(nil, 1, f.name), 2, f.description), 3, f.unit)}
		for n := range upTo - given {
			in.series = append(in.series, g.newSeries(f, n))
		}
		all, given = append(all, in), upTo
	}
	return all
}

// newSeries makes the nth series of a metric: the nth combination of its attributes, with a number where there are no more.
func (g *Generator) newSeries(f *family, n int) series {
	field := 7
	s := series{sum: f.scale * (0.5 + g.values.float())}
	switch f.kind {
	case histogram:
		field, s.buckets, s.sum = 9, make([]uint64, len(bucketBounds)+1), 0
	case exponential:
		field, s.buckets, s.sum = 1, make([]uint64, exponentialBuckets), 0
	}
	for _, d := range f.dims {
		v := d.values[n%len(d.values)]
		n /= len(d.values)
		if number, err := strconv.Atoi(v); err == nil {
			s.attrs = appendAttr(s.attrs, field, d.key, intValue(int64(number)))
		} else {
			s.attrs = appendAttr(s.attrs, field, d.key, textValue(v))
		}
	}
	if n > 0 {
		s.attrs = appendAttr(s.attrs, field, "app.shard", textValue(fmt.Sprint(n)))
	}
	return s
}
