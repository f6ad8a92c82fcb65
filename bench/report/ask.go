package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/bench/load"
)

// sample remembers some of the requests that were sent, to ask for what is in them.
type sample struct {
	mu     sync.Mutex
	spans  int
	n      int
	bodies [][]byte
}

func (s *sample) add(body []byte, spans int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans += spans
	if s.n++; s.n%16 == 0 {
		s.bodies = append(s.bodies, body)
	}
}

// pick gives trace ids and values of an attribute that occur once, evenly from everything that was sent.
func (s *sample) pick(n int, key string) (traceIDs, values []string, err error) {
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(s.bodies), func(i, j int) { s.bodies[i], s.bodies[j] = s.bodies[j], s.bodies[i] })
	for _, body := range s.bodies {
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			return nil, nil, err
		}
		spans := request.ResourceSpans[0].ScopeSpans[0].Spans
		traceIDs = append(traceIDs, hex.EncodeToString(spans[random.IntN(len(spans))].TraceId))
		for _, i := range random.Perm(len(spans)) {
			if v := attribute(spans[i].Attributes, key); v != "" {
				values = append(values, v)
				break
			}
		}
		if len(traceIDs) >= n && len(values) >= n {
			return traceIDs[:n], values[:n], nil
		}
	}
	return nil, nil, fmt.Errorf("%d requests are too few to ask %d times", len(s.bodies), n)
}

// uniqueKey is an attribute of bench/load with a new value on every span that has it.
const uniqueKey = "app.session.id"

// ask puts each question with new values every time, one after the other.
func ask(ctx context.Context, s *server, o options, sent *sample, r *report) error {
	traceIDs, values, err := sent.pick(o.queries+1, uniqueKey)
	if err != nil {
		return err
	}
	services := []string{"checkout", "frontend", "frontend-proxy"}
	random := rand.New(rand.NewPCG(3, 4))
	search := func(q string) string {
		return "/api/traces?limit=20&from=now-3h&to=now&q=" + url.QueryEscape(q)
	}
	questions := []struct {
		name string
		path func(i int) string
		want func(answer) error
	}{
		{"trace by id", func(i int) string { return "/api/traces/" + traceIDs[i] }, nil},
		{"search: service and duration, newest 20", func(i int) string {
			return search(fmt.Sprintf("service = %s and duration > %dus", services[i%len(services)], 2000+random.IntN(1500)))
		}, found},
		{"search: unique attribute value", func(i int) string { return search(uniqueKey + " = " + strconv.Quote(values[i])) }, found},
		{"search: errors of a service, newest 20", func(i int) string {
			return search(fmt.Sprintf("service = %s and status = error and duration > %dns", services[i%len(services)], i))
		}, found},
		{"search: matches nothing (value)", func(i int) string { return search(fmt.Sprintf("%s = \"no-such-%d-%d\"", uniqueKey, i, random.Int64())) }, nothing},
		{"search: matches nothing (duration)", func(i int) string { return search(fmt.Sprintf("service = cart and duration > %ds", 4000+i)) }, nothing},
		{"service map of an hour", func(i int) string { return fmt.Sprintf("/api/map?from=now-%dm&to=now-%dm", 75+i%10, 15+i%10) }, nil},
	}
	for _, q := range questions {
		var took []time.Duration
		for i := range o.queries + 1 {
			var a answer
			begin := time.Now()
			if err := s.get(ctx, q.path(i), &a); err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			if i > 0 { // the first warms up
				took = append(took, time.Since(begin))
			}
			if q.want != nil {
				if err := q.want(a); err != nil {
					return fmt.Errorf("%s: %s: %w", q.name, q.path(i), err)
				}
			}
		}
		r.Queries = append(r.Queries, query{q.name, quantiles(took)})
	}
	return nil
}

type answer struct {
	Traces   []struct{} `json:"traces"`
	Complete *bool      `json:"complete"`
}

func found(a answer) error {
	if len(a.Traces) == 0 {
		return fmt.Errorf("nothing was found")
	}
	return nil
}

func nothing(a answer) error {
	if len(a.Traces) > 0 || a.Complete == nil || !*a.Complete {
		return fmt.Errorf("%d traces were found, complete %v", len(a.Traces), a.Complete)
	}
	return nil
}

// halfLoad sends at half of the measured rate with the clock's own timestamps and sees how long acknowledgements take, and how long
// after one its spans are found.
func halfLoad(ctx context.Context, s *server, o options, r *report) error {
	c, hangUp, err := dial(s, o)
	if err != nil {
		return err
	}
	defer hangUp()
	g := load.New(load.Config{Seed: 99, Start: time.Now(), Step: 2 * time.Millisecond})
	a := &acks{}
	ctx, cancel := context.WithTimeout(ctx, o.half)
	defer cancel()
	var fresh []time.Duration
	var freshMu sync.Mutex
	var watching sync.WaitGroup
	begin, lastProbe, sent := time.Now(), time.Time{}, 0
	var failed error
	for ctx.Err() == nil && failed == nil {
		if ahead := time.Duration(float64(sent)/(r.Rate/2)*float64(time.Second)) - time.Since(begin); ahead > 0 {
			time.Sleep(ahead)
		}
		g.Seek(time.Now())
		request := g.Next()
		sent += request.Items
		body := bytes.Clone(request.Body)
		probe := time.Since(lastProbe) > 500*time.Millisecond
		if probe {
			lastProbe = time.Now()
		}
		watching.Go(func() {
			if err := a.deliver(context.WithoutCancel(ctx), c, body); err != nil || !probe {
				return
			}
			took, err := visible(context.WithoutCancel(ctx), s, body)
			freshMu.Lock()
			defer freshMu.Unlock()
			if err != nil {
				failed = err
				return
			}
			fresh = append(fresh, took)
		})
	}
	watching.Wait()
	if failed != nil {
		return failed
	}
	r.AckHalf, r.Fresh = quantiles(a.took), quantiles(fresh)
	return nil
}

// visible is how long until a search finds a span of the request.
func visible(ctx context.Context, s *server, body []byte) (time.Duration, error) {
	begin := time.Now()
	var request collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		return 0, err
	}
	span := request.ResourceSpans[0].ScopeSpans[0].Spans[0]
	path := "/api/traces?from=now-10m&q=" + url.QueryEscape("span_id = "+hex.EncodeToString(span.SpanId)+" and trace_id = "+hex.EncodeToString(span.TraceId))
	for time.Since(begin) < 30*time.Second {
		var a answer
		if err := s.get(ctx, path, &a); err != nil {
			return 0, err
		}
		if len(a.Traces) > 0 {
			return time.Since(begin), nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return 0, fmt.Errorf("an acknowledged span was not found within 30 s")
}
