// Package load makes OTLP requests like those of a shop of fifteen services under OpenTelemetry's conventions: browser traffic
// through a proxy into HTTP and gRPC services, PostgreSQL, Valkey and Kafka behind them. About 12 attributes and 530 bytes of
// protobuf a span, 25 attributes a resource, 8 to 40 spans a trace, unique ids, exceptions on the 2 % that fail. Logs are those that
// the same traces leave behind, metrics those of the same instances. Requests are written as protobuf at once and cheaply, so that
// who measures a receiver does not measure the generator. The same configuration gives the same bytes. It measures nothing itself.
package load

import (
	"encoding/binary"
	"time"
)

// Config says what to make. The zero value is ready but for Start.
type Config struct {
	Seed      uint64
	Start     time.Time     // of the first trace
	Step      time.Duration // between the starts of two traces; 0: 5 ms
	Items     int           // spans or records in a request, about; 0: 512
	Instances int           // of every service; 0: 2
	Errors    float64       // share of spans that fail; 0: 0.02
	Gateway   bool          // whole traces of all services in one request, as a collector forwards them; else one service's
	Series    int           // of metrics, of all instances; 0: 4000
}

// Fill is the configuration of whose traces so many spans, or so many records of whose logs, fill so long a time.
func (c Config) Fill(long time.Duration, items int, of func(Config) *Generator) Config {
	try := c
	try.Step, try.Gateway, try.Items = 1, true, 20_000
	g := of(try)
	made := g.Next().Items
	traces := g.Now().Sub(c.Start)
	c.Step = time.Duration(float64(long) * float64(made) / float64(traces) / float64(items))
	return c
}

// Source makes the requests of one signal. Not safe for concurrent use: give every sender its own, with its own seed.
type Source interface {
	// Next makes the next request.
	Next() Request
	// Seek moves the clock, to follow a real one.
	Seek(time.Time)
}

// Request is one Export{Trace,Logs,Metrics}ServiceRequest.
type Request struct {
	Body  []byte // the generator's, valid until the next call
	Items int    // spans, records or points
}

// Generator makes the requests of traces, or of their logs.
type Generator struct {
	cfg     Config
	shape   rng // of what happens: the same for a trace's spans and for its logs
	values  rng // of what is said about it
	write   func(op *operation, at int, id uint64, in context, end int64, fails bool)
	scopes  [][]byte // by service
	pods    []pod
	nextPod []int // round robin within a service
	now     int64 // start of the next trace, unix ns
	items   int   // waiting, of all pods
	full    []int // pods to send
	item    []byte
	attrs   []byte
	body    []byte
	traceID [16]byte
}

// pod is one instance of a service: its items wait here until there are enough for a request.
type pod struct {
	service  int
	resource []byte // encoded Resource
	items    []byte // encoded spans, records or metrics, with their tags
	n        int
	address  string
}

// New makes a generator of traces.
func New(cfg Config) *Generator {
	g := newGenerator(cfg)
	g.write = g.emit
	g.scopes = scopes(func(service int) (name, version string) { return services[service].library, services[service].version })
	return g
}

func newGenerator(cfg Config) *Generator {
	if cfg.Step == 0 {
		cfg.Step = 5 * time.Millisecond
	}
	if cfg.Items == 0 {
		cfg.Items = 512
	}
	if cfg.Instances == 0 {
		cfg.Instances = 2
	}
	if cfg.Errors == 0 {
		cfg.Errors = 0.02
	}
	seeds := rng(cfg.Seed) // its first number: neighbouring seeds would give one sequence, a step apart
	g := &Generator{cfg: cfg, shape: rng(seeds.next()), values: rng(seeds.next()), now: cfg.Start.UnixNano(), nextPod: make([]int, len(services))}
	for s := range services {
		for i := range cfg.Instances {
			g.pods = append(g.pods, g.newPod(s, i))
		}
	}
	return g
}

// Next makes the next request.
func (g *Generator) Next() Request {
	for {
		if g.cfg.Gateway {
			if g.items >= g.cfg.Items {
				return g.request(g.allPods())
			}
		} else if n := len(g.full); n > 0 {
			i := g.full[n-1]
			g.full = g.full[:n-1]
			return g.request([]int{i})
		}
		g.trace()
	}
}

// Flush makes the last request, of all that waits; it may have none.
func (g *Generator) Flush() Request {
	g.full = g.full[:0]
	return g.request(g.allPods())
}

// Now is when the next trace starts.
func (g *Generator) Now() time.Time { return time.Unix(0, g.now).UTC() }

// Seek moves the clock, to follow a real one.
func (g *Generator) Seek(t time.Time) { g.now = t.UnixNano() }

func (g *Generator) allPods() []int {
	var all []int
	for i := range g.pods {
		if g.pods[i].n > 0 {
			all = append(all, i)
		}
	}
	return all
}

func (g *Generator) request(pods []int) Request {
	g.body = g.body[:0]
	n := 0
	for _, i := range pods {
		p := &g.pods[i]
		scope := g.scopes[p.service]
		inner := len(scope) + len(p.items)
		size := len(p.resource) + 1 + uvarintLen(inner) + inner
		g.body = appendTag(g.body, 1, 2)
		g.body = binary.AppendUvarint(g.body, uint64(size))
		g.body = append(g.body, p.resource...)
		g.body = appendTag(g.body, 2, 2)
		g.body = binary.AppendUvarint(g.body, uint64(inner))
		g.body = append(g.body, scope...)
		g.body = append(g.body, p.items...)
		n += p.n
		g.items -= p.n
		p.items, p.n = p.items[:0], 0
	}
	return Request{Body: g.body, Items: n}
}

// trace makes one trace: the tree of calls that a visitor's action causes.
func (g *Generator) trace() {
	binary.LittleEndian.PutUint64(g.traceID[:8], g.shape.next())
	binary.LittleEndian.PutUint64(g.traceID[8:], g.shape.next())
	action := &actions[g.shape.pick(actionWeights)]
	g.call(action, context{start: g.now})
	g.now += int64(g.cfg.Step)
}

// context is what a call inherits.
type context struct {
	parent uint64
	start  int64 // unix ns
	pod    int   // the caller's, where the call is made inside one
}

// call makes the spans of an operation and of what it calls, and says when it ended.
func (g *Generator) call(op *operation, in context) (end int64) {
	id := g.shape.next() | 1
	at := in.pod
	if op.service >= 0 {
		at = g.podOf(op.service)
	}
	self := int64(float64(op.self) * (0.5 + g.shape.float()))
	now := in.start + self/2
	for i := range op.calls {
		c := &op.calls[i]
		if c.share > 0 && g.shape.float() >= c.share {
			continue
		}
		for range max(c.times, 1) {
			e := g.call(c.op, context{parent: id, start: now, pod: at})
			if !c.async {
				now = e
			}
		}
	}
	end = now + self/2
	g.write(op, at, id, in, end, g.shape.float() < g.cfg.Errors)
	if op.kind == client || op.kind == producer {
		end += 50_000
	}
	return end
}

func (g *Generator) podOf(service int) int {
	g.nextPod[service]++
	return service*g.cfg.Instances + g.nextPod[service]%g.cfg.Instances
}

// rng is splitmix64: small, fast, good enough for shapes and ids.
type rng uint64

func (r *rng) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (r *rng) float() float64 { return float64(r.next()>>11) / (1 << 53) }

func (r *rng) n(n int) int { return int(r.next() % uint64(n)) }

// pick picks a place by cumulative weights.
func (r *rng) pick(cumulative []float64) int {
	x := r.float() * cumulative[len(cumulative)-1]
	for i, c := range cumulative {
		if x < c {
			return i
		}
	}
	return len(cumulative) - 1
}
