package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	collectorlogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// half is what a signal is like at half of the rate that it was stored at, with the clock's own timestamps.
type half struct {
	Signal string  `json:"signal"`
	Rate   float64 `json:"items_per_second"`
	Ack    stat    `json:"ack"`
	Fresh  stat    `json:"freshness"` // from the acknowledgement until the API finds it
	// NotFound says why freshness was not measured.
	NotFound string  `json:"not_found,omitempty"`
	PeakMiB  float64 `json:"peak_mib"`
}

// probeEvery is how often something that was just acknowledged is looked for.
const probeEvery = 500 * time.Millisecond

// halfLoad sends a signal at the given rate.
func halfLoad(ctx context.Context, s *server, o options, signal string, rate float64) (half, error) {
	h := half{Signal: signal, Rate: rate}
	c, hangUp, err := dial(s.address, o.ways[0], signal, o.inFlight)
	if err != nil {
		return h, err
	}
	defer hangUp()
	say("%s at half speed, %.0f a second, for %s", signal, rate, o.half)
	load := newStep("half", o.ways[0], signal, int(rate*o.half.Seconds()))
	load.n, load.from = 999, time.Now()
	source := load.source(signal, 0, load.items[signal])
	a := &acks{}
	peak := watchMemory(ctx, s.tree)
	defer peak()
	limited, cancel := context.WithTimeout(ctx, o.half)
	defer cancel()
	var mu sync.Mutex
	var fresh []time.Duration
	var failed error
	failing := func() error { mu.Lock(); defer mu.Unlock(); return failed }
	var watching sync.WaitGroup
	begin, lastProbe, sent := time.Now(), time.Time{}, 0
	for limited.Err() == nil && failing() == nil {
		if ahead := time.Duration(float64(sent)/rate*float64(time.Second)) - time.Since(begin); ahead > 0 {
			_ = pause(limited, ahead)
		}
		source.Seek(time.Now())
		request := source.Next()
		sent += request.Items
		body := bytes.Clone(request.Body)
		probe := h.NotFound == "" && time.Since(lastProbe) > probeEvery
		if probe {
			lastProbe = time.Now()
		}
		watching.Go(func() {
			err := a.deliver(ctx, c, body)
			took := time.Duration(0)
			if err == nil && probe {
				took, err = visible(ctx, s, signal, body)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
			} else if probe {
				fresh = append(fresh, took)
			}
		})
	}
	watching.Wait()
	if missing := notThere(""); errors.As(failed, &missing) {
		h.NotFound, failed = missing.Error(), nil
	}
	h.Ack, h.Fresh, h.PeakMiB = quantiles(a.took), quantiles(fresh), peak()
	return h, failed
}

// visible is how long until the API finds what the request says.
func visible(ctx context.Context, s *server, signal string, body []byte) (time.Duration, error) {
	begin := time.Now()
	path, err := lookup[signal](body)
	if err != nil {
		return 0, err
	}
	for time.Since(begin) < time.Minute {
		var a answer
		if err := s.get(ctx, path, &a); err != nil {
			return 0, err
		}
		if len(a.Traces) > 0 || len(a.Records) > 0 || len(a.Series) > 0 {
			return time.Since(begin), nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("%s did not find what was acknowledged within a minute", path)
}

// lookup gives the address of an answer that is empty until something of the request is stored.
var lookup = map[string]func(body []byte) (string, error){
	traces: func(body []byte) (string, error) {
		var request collectortraces.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			return "", err
		}
		span := request.ResourceSpans[0].ScopeSpans[0].Spans[0]
		return "/api/traces?from=now-10m&q=" + url.QueryEscape("span_id = "+hex.EncodeToString(span.SpanId)+" and trace_id = "+hex.EncodeToString(span.TraceId)), nil
	},
	logs: func(body []byte) (string, error) {
		var request collectorlogs.ExportLogsServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			return "", err
		}
		for _, rec := range request.ResourceLogs[0].ScopeLogs[0].LogRecords {
			if len(rec.SpanId) > 0 {
				return "/api/logs?from=now-10m&q=" + url.QueryEscape("span_id = "+hex.EncodeToString(rec.SpanId)+" and trace_id = "+hex.EncodeToString(rec.TraceId)), nil
			}
		}
		return "", errors.New("no record of the request is of a trace")
	},
	metrics: func(body []byte) (string, error) { // the clock is the unique value: an instance has one export at a time
		var request collectormetrics.ExportMetricsServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			return "", err
		}
		of := request.ResourceMetrics[0]
		for _, m := range of.ScopeMetrics[0].Metrics {
			if points := m.GetSum().GetDataPoints(); len(points) > 0 {
				at := int64(points[0].TimeUnixNano)
				instance := attribute(of.Resource.Attributes, "service.instance.id")
				return fmt.Sprintf("/api/metrics/%s/points?from=%d&to=%d&limit=1&match=%s", url.PathEscape(m.Name), at, at+1,
					url.QueryEscape("{service.instance.id="+strconv.Quote(instance)+"}")), nil
			}
		}
		return "", errors.New("the export has no sums")
	},
}

// answer is what the questions look at.
type answer struct {
	Traces   []struct{} `json:"traces"`
	Records  []struct{} `json:"records"`
	Series   []struct{} `json:"series"`
	Complete *bool      `json:"complete"`
}
