package chaos_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// client sends traces and sends each request again, byte for byte, until it is acknowledged: an OTLP exporter without a time limit.
// Its log of acknowledged spans is the truth that the database is compared with.
type client struct {
	http http.Client

	mu       sync.Mutex
	url      string
	moved    chan struct{} // closed when url changes
	acked    map[string]bool
	requests int
	attempts int
	partial  int         // answers that refused spans
	refused  int         // answers that asked to come back
	hintless int         // those of them that did not say when
	odd      map[int]int // other answers, by status
	unknown  uint64      // spans in attempts without an answer

	pace   time.Duration // between a sender's requests
	traces int           // in a request, at most
	log    [][]string    // ids of each acknowledged request, if kept
	keep   bool
}

func newClient() *client {
	c := &client{
		http: http.Client{Timeout: 10 * time.Second}, moved: make(chan struct{}), acked: map[string]bool{}, odd: map[int]int{},
	}
	c.calm()
	return c
}

// hurry makes every sender send larger requests and more of them: ten thousand spans a second; in the long form all that it can.
func (c *client) hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pace, c.traces = 10*time.Millisecond, 20; long() {
		c.pace, c.traces = time.Millisecond, 60
	}
}

// calm takes hurry back.
func (c *client) calm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pace, c.traces = 25*time.Millisecond, 3
}

// answered is how many requests were acknowledged, and how many answers asked to come back.
func (c *client) answered() (acked, refused int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests, c.refused
}

// unanswered is how many spans were in attempts whose outcome the client never saw.
func (c *client) unanswered() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unknown
}

// follow points the client at the process that now listens.
func (c *client) follow(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.url = url
	close(c.moved)
	c.moved = make(chan struct{})
}

// run sends a request every few milliseconds until the context ends, and then finishes the one that it is at.
func (c *client) run(ctx, limit context.Context, rnd *rand.Rand) {
	for {
		c.mu.Lock()
		most, pause := c.traces, time.NewTimer(c.pace)
		c.mu.Unlock()
		body, ids := request(rnd, most)
		if !c.deliver(limit, body, len(ids)) {
			return
		}
		c.mu.Lock()
		c.requests++
		if c.keep {
			c.log = append(c.log, ids)
		}
		for _, id := range ids {
			c.acked[id] = true
		}
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// deliver insists until the request is acknowledged or the limit is reached.
func (c *client) deliver(limit context.Context, body []byte, spans int) bool {
	for limit.Err() == nil {
		c.mu.Lock()
		c.attempts++
		url, moved := c.url, c.moved
		c.mu.Unlock()
		if c.post(limit, url, body, spans) {
			return true
		}
		select {
		case <-limit.Done():
		case <-moved:
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

func (c *client) post(ctx context.Context, url string, body []byte, spans int) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	answer, err := c.http.Do(r)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(answer.Body)
		answer.Body.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		if !errors.Is(err, syscall.ECONNREFUSED) {
			c.unknown += uint64(spans)
		}
		return false
	case answer.StatusCode == http.StatusServiceUnavailable || answer.StatusCode == http.StatusTooManyRequests:
		c.refused++
		if answer.Header.Get("Retry-After") == "" {
			c.hintless++
		}
		return false
	case answer.StatusCode != http.StatusOK:
		c.odd[answer.StatusCode]++
		return false
	}
	if len(text) > 0 { // a partial success, and nothing that we send may be refused
		c.partial++
	}
	return true
}

// spans is how many were acknowledged.
func (c *client) spans() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.acked)
}

// request is one trace or more, at most so many, of a shop, now or a little ago, sometimes of yesterday, as protobuf, and the ids of its spans.
func request(rnd *rand.Rand, most int) (body []byte, ids []string) {
	td := ptrace.NewTraces()
	services := map[string]ptrace.SpanSlice{}
	spansOf := func(service string) ptrace.SpanSlice {
		if s, ok := services[service]; ok {
			return s
		}
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		rs.Resource().Attributes().PutInt("process.pid", int64(rnd.IntN(4)))
		services[service] = rs.ScopeSpans().AppendEmpty().Spans()
		return services[service]
	}
	for range 1 + rnd.IntN(most) {
		start := time.Now().Add(-time.Duration(rnd.IntN(120)) * time.Second)
		if rnd.IntN(20) == 0 {
			start = start.AddDate(0, 0, -1)
		}
		var trace pcommon.TraceID
		binary.BigEndian.PutUint64(trace[:8], rnd.Uint64())
		binary.BigEndian.PutUint64(trace[8:], rnd.Uint64()|1)
		var parent pcommon.SpanID
		for depth, service := range []string{"frontend", "checkout", "payment"}[:1+rnd.IntN(3)] {
			kinds := []ptrace.SpanKind{ptrace.SpanKindServer, ptrace.SpanKindClient}
			for _, kind := range kinds {
				s := spansOf(service).AppendEmpty()
				var id pcommon.SpanID
				binary.BigEndian.PutUint64(id[:], rnd.Uint64()|1)
				s.SetTraceID(trace)
				s.SetSpanID(id)
				s.SetParentSpanID(parent)
				s.SetKind(kind)
				s.SetName(service + " work")
				s.SetStartTimestamp(pcommon.NewTimestampFromTime(start.Add(time.Duration(depth) * time.Millisecond)))
				s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(time.Duration(100-depth) * time.Millisecond)))
				s.Attributes().PutStr("http.request.method", "GET")
				s.Attributes().PutInt("http.response.status_code", []int64{200, 200, 404, 429, 503}[rnd.IntN(5)])
				ids = append(ids, key(trace[:], binary.BigEndian.Uint64(id[:])))
				parent = id
			}
		}
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		panic(err)
	}
	return body, ids
}

func key(trace []byte, span uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], span)
	return hex.EncodeToString(trace) + hex.EncodeToString(b[:])
}
