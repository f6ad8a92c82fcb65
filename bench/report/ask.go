package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// sample remembers some of the requests that were sent, to ask for what is in them.
type sample struct {
	mu     sync.Mutex
	n      int
	bodies [][]byte
}

func (s *sample) add(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// ask puts each question with new values every time, one after the other; the map's hours end about then.
func ask(ctx context.Context, s *server, o options, sent *sample, hours time.Time, r *report) error {
	traceIDs, values, err := sent.pick(o.queries+1+coldStarts, uniqueKey)
	if err != nil {
		return err
	}
	services := []string{"checkout", "frontend", "frontend-proxy"}
	random := rand.New(rand.NewPCG(3, 4))
	search := func(q string) string {
		return "/api/traces?limit=20&from=now-24h&to=now&q=" + url.QueryEscape(q)
	}
	hour := func(i int) string {
		to := hours.Add(-time.Duration(i%10) * time.Minute)
		return fmt.Sprintf("from=%d&to=%d", to.Add(-time.Hour).UnixNano(), to.UnixNano())
	}
	traceQL := func(i int, q string) string { return "/api/traces?limit=20&" + hour(i) + "&q=" + url.QueryEscape(q) }
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
		{"search: a frequent attribute, newest 20", func(i int) string {
			return search(fmt.Sprintf("http.response.status_code = 200 and duration > %dns", 1000+i))
		}, found},
		{"search: the longest", func(i int) string { return search(fmt.Sprintf("duration > %dns", i)) + "&sort=duration" }, found},
		{"search: the most errors", func(i int) string { return search(fmt.Sprintf("duration > %dns", i)) + "&sort=errors" }, found},
		{"search: the most spans", func(i int) string { return search(fmt.Sprintf("duration > %dns", i)) + "&sort=spans" }, found},
		{"facets of an hour, five attributes", func(i int) string {
			return "/api/spans/facets?" + hour(i) + fmt.Sprintf("&keys=service,class,http.route,http.response.status_code,resource.host.name&q=duration%%3E%dns", i)
		}, nil},
		{"facets of everything, five attributes", func(i int) string {
			return fmt.Sprintf("/api/spans/facets?from=now-24h&to=now&keys=service,class,http.route,http.response.status_code,resource.host.name&q=duration%%3E%dns", i)
		}, nil},
		{"TraceQL of an hour: an error below a service", func(i int) string {
			return traceQL(i, fmt.Sprintf(`{ resource.service.name = "checkout" && duration > %dns } >> { status = error }`, i))
		}, found},
		{"TraceQL of an hour: a failed child of a service", func(i int) string {
			return traceQL(i, fmt.Sprintf(`{ resource.service.name = "checkout" && duration > %dns } > { status = error }`, i))
		}, found},
		{"TraceQL of an hour: parent and child, both frequent, never", func(i int) string {
			return traceQL(i, fmt.Sprintf(`{ resource.service.name = "cart" && duration > %dns } > { resource.service.name = "checkout" }`, i))
		}, nil},
		{"TraceQL of an hour: siblings, one rare", func(i int) string {
			return traceQL(i, fmt.Sprintf(`{ resource.service.name = "cart" && duration > %dns } ~ { resource.service.name = "payment" && status = error }`, i))
		}, nil},
		{"TraceQL of an hour: two frequent sets and a count that nothing has", func(i int) string {
			return traceQL(i, fmt.Sprintf(`{ resource.service.name = "checkout" && duration > %dns } >> { resource.service.name = "payment" } | count() > 900`, i))
		}, nothing},
		{"TraceQL of an hour: two frequent sets, never one below the other (the worst: its limit is 5 s)", func(i int) string {
			return traceQL(i, fmt.Sprintf(`{ resource.service.name = "payment" && duration > %dns } >> { resource.service.name = "checkout" }`, i))
		}, nil},
		{"TraceQL of an hour: matches nothing", func(i int) string { return traceQL(i, fmt.Sprintf(`{ status = error } >> { duration > %ds }`, 4000+i)) }, nothing},
		{"Jaeger: search, whole traces, newest 90", func(i int) string {
			to := hours.Add(-time.Duration(i) * time.Second)
			return fmt.Sprintf("/jaeger/api/traces?service=payment&limit=90&tags=%s&start=%d&end=%d", url.QueryEscape(`{"error":"true"}`), to.Add(-time.Hour).UnixMicro(), to.UnixMicro())
		}, nil},
		{"heatmap of an hour", func(i int) string { return "/api/spans/heatmap?" + hour(i) + fmt.Sprintf("&q=duration%%3E%dns", i) }, nil},
		{"service map of an hour", func(i int) string { return "/api/map?" + hour(i) }, nil},
		{"service map of a week", func(i int) string {
			return fmt.Sprintf("/api/map?from=%d&to=%d", hours.Add(-7*24*time.Hour).UnixNano(), hours.Add(-time.Duration(i)*time.Minute).UnixNano())
		}, nil},
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
	r.cold = traceIDs[o.queries+1:]
	return nil
}

// coldStarts is how often a trace is asked for that nothing of the table has been read for.
const coldStarts = 10

// askCold asks for a trace each time as the first thing after a start, with the files of the folder out of the system's memory as far as
// the system does as it is told.
func askCold(ctx context.Context, s *server, o options, dir string, r *report) (*server, error) {
	var took []time.Duration
	for _, id := range r.cold {
		if err := s.stop(); err != nil {
			return s, err
		}
		if err := forget(dir); err != nil {
			return s, err
		}
		again, err := startServer(ctx, o.binary, dir)
		if err != nil {
			return s, err
		}
		s, r.RestartMS = again, again.took.Milliseconds()
		var a answer
		begin := time.Now()
		if err := s.get(ctx, "/api/traces/"+id, &a); err != nil {
			return s, fmt.Errorf("cold trace by id: %w", err)
		}
		took = append(took, time.Since(begin))
	}
	if len(took) > 0 {
		r.Queries = append(r.Queries, query{"trace by id, cold: the first question after a start", quantiles(took)})
	}
	return s, nil
}

// forget asks the system to drop the files of a folder from its cache.
func forget(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := dropCache(f); err != nil {
			return fmt.Errorf("drop %s from the cache: %w", path, err)
		}
		return nil
	})
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

func attribute(attributes []*common.KeyValue, key string) string {
	for _, kv := range attributes {
		if kv.Key == key {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}
