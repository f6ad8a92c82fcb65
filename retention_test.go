package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/traceapi"
	"github.com/sightline/sightline/storage/storagetest/port"
)

// program is the whole of it, running in this process with the real engine.
type program struct {
	*testing.T
	page, otlp string
}

func free(t *testing.T) string {
	t.Helper()
	addresses, release, err := port.Hold(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return addresses[0]
}

// runProgram runs it on a data folder until stop.
func runProgram(t *testing.T, dir string, change ...func(*Config)) (p program, stop func()) {
	t.Helper()
	config := DefaultConfig()
	config.DataDir, config.Listen, config.OTLP.GRPC, config.OTLP.HTTP = dir, free(t), "", free(t)
	config.XRay.UDP, config.XRay.TCP = "", ""
	for _, f := range change {
		f(&config)
	}
	auth, err := OpenAuth(filepath.Join(dir, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, config, roleAll, auth, slog.New(slog.NewTextHandler(log, nil))) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	}
	t.Cleanup(stop)
	p = program{t, "http://" + config.Listen, "http://" + config.OTLP.HTTP}
	p.until("it is ready", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, log.buf.String())
		default:
		}
		r, err := http.Get(p.page + "/readyz")
		if err == nil {
			r.Body.Close()
		}
		return err == nil && r.StatusCode == 200
	})
	return p, stop
}

func (p program) until(what string, so func() bool) {
	p.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.Fatalf("it did not come about that %s", what)
		}
	}
}

// ask gets or puts JSON.
func (p program) ask(method, path string, body, into any) int {
	p.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			p.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(p.Context(), method, p.page+path, &sent)
	if err != nil {
		p.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.Fatal(err)
	}
	if answer.StatusCode != 200 {
		p.Errorf("%s %s = %d %s", method, path, answer.StatusCode, text)
	} else if err := json.Unmarshal(text, into); err != nil {
		p.Fatalf("%s %s = %s: %v", method, path, text, err)
	}
	return answer.StatusCode
}

// send sends one span of a service, begun so long ago, and gives the answer's text.
func (p program) send(service string, ago time.Duration, id byte) string {
	p.Helper()
	start := uint64(time.Now().Add(-ago).UnixNano())
	body, err := proto.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{
		Resource:   &resource.Resource{Attributes: []*common.KeyValue{{Key: "service.name", Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: service}}}}},
		ScopeSpans: []*trace.ScopeSpans{{Spans: []*trace.Span{{TraceId: bytes.Repeat([]byte{id}, 16), SpanId: bytes.Repeat([]byte{id}, 8), Name: "work", StartTimeUnixNano: start, EndTimeUnixNano: start + 1000}}}},
	}}})
	if err != nil {
		p.Fatal(err)
	}
	answer, err := http.Post(p.otlp+"/v1/traces", "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != 200 {
		p.Fatalf("send: %d %s", answer.StatusCode, text)
	}
	return string(text)
}

func (p program) status() (s traceapi.Status) { p.ask("GET", "/api/status", nil, &s); return s }
func (p program) stored() int64               { return p.status().Ingest["traces"].Stored }

// TestRetentionChangesWhileItRuns lowers, raises and moves retention in a running program and looks at what it keeps and takes.
func TestRetentionChangesWhileItRuns(t *testing.T) {
	dir := t.TempDir()
	p, stop := runProgram(t, dir)
	for i, ago := range []time.Duration{time.Minute, 2 * day, 5 * day, 6 * day} {
		if text := p.send("web", ago, byte(i+1)); text != "" {
			t.Errorf("%v ago: %q", ago, text)
		}
	}
	p.until("four spans are stored", func() bool { return p.stored() == 4 })

	var v query.RetentionView
	p.ask("GET", "/api/retention", nil, &v)
	if v.Revision != 0 || v.Signals[0].Days != 7 || v.Signals[0].From != "default" {
		t.Errorf("%+v", v)
	}
	change := query.RetentionChange{Set: query.RetentionSettings{Signals: map[string]int{"traces": 3}, Services: map[string]map[string]int{"payments": {"traces": 30}}}}
	p.ask("PUT", "/api/retention?dry_run=true", change, &v)
	if len(v.Drops) != 1 || v.Drops[0].Rows != 2 || v.Drops[0].ClassDays != 7 || v.Drops[0].KeepDays != 3 || v.Drops[0].Bytes == 0 {
		t.Errorf("a dry run says %+v", v.Drops)
	}
	if n := p.status().Storage.SpanRows; n != 4 {
		t.Errorf("%d spans after a dry run", n)
	}
	p.ask("PUT", "/api/retention", change, &v)
	if v.Revision != 1 || v.Signals[0].From != "here" || v.Signals[0].Without != 7 {
		t.Errorf("%+v", v)
	}
	p.until("what is too old is dropped", func() bool { return p.status().Storage.SpanRows == 2 })
	if s := p.status(); s.Retention.TracesDays != 3 || s.Ingest["traces"].Stored != 4 || len(s.Warnings) > 0 || s.Loader.Error != "" {
		t.Errorf("%+v", s)
	}

	// New data: payments' is taken and kept at ten days, web's is expired when it is to be stored, and older than all is refused.
	if text := p.send("payments", 10*day, 11); text != "" {
		t.Errorf("payments, ten days ago: %q", text)
	}
	p.send("web", 10*day, 12)
	if text := p.send("payments", 40*day, 13); !strings.Contains(text, "ts_expired") {
		t.Errorf("older than all: %q", text)
	}
	p.until("the accounts add up", func() bool {
		i := p.status().Ingest["traces"]
		return i.Received == 7 && i.Stored == 5 && i.Rejected["expired"] == 1 && i.Rejected["ts_expired"] == 1
	})

	var s traceapi.Storage
	p.ask("GET", "/api/status/storage", nil, &s)
	if len(s.Services) != 1 || s.Services[0].Service != "web" || s.Services[0].Items["traces"] != 1 || s.Disk == nil || s.Disk.FreeBytes == 0 || s.DeadLetters == nil || s.DeadLetters.Letters != 0 || s.Dropping.Partitions != 4 || s.Dropping.Looked == nil {
		t.Errorf("%+v", s)
	}
	traces := s.Signals[0]
	keeps := map[int]int{}
	for _, class := range traces.Classes {
		keeps[class.Days] = class.Keep
	}
	if traces.Signal != "traces" || traces.Items != 3 || traces.RetentionDays != 3 || keeps[7] != 3 || keeps[30] != 30 {
		t.Errorf("%+v", traces)
	}

	stop()
	p, _ = runProgram(t, dir) // what was set is in force from the first request on
	if s := p.status(); s.Retention.TracesDays != 3 || len(s.Warnings) > 0 {
		t.Errorf("after a restart: %+v", s.Retention)
	}
	p.send("web", 10*day, 21)
	p.until("it is counted as expired", func() bool { return p.status().Ingest["traces"].Rejected["expired"] == 2 })
}
