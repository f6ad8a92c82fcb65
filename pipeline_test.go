package main

import (
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sightline/sightline/query/traceapi"
)

// A filter drops one service, tail sampling all traces that are not of another: received is what the client sent, whatever became of it.
const dropsMost = `
processors:
  filter/dropped: {error_mode: ignore, traces: {span: ['resource.attributes["service.name"] == "dropped"']}}
  tail_sampling:
    decision_wait: 100ms
    policies: [{name: kept, type: string_attribute, string_attribute: {key: service.name, values: [kept]}}]
service: {pipelines: {traces: {receivers: [otlp], processors: [filter/dropped, tail_sampling], exporters: [journal]}}}
`

func TestWhatAPipelineDropsIsInTheAccountsOverRestarts(t *testing.T) {
	var section map[string]any
	if err := yaml.Unmarshal([]byte(dropsMost), &section); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, stop := runProgram(t, dir, func(c *Config) { c.Collector = section })
	if p.status().HasData {
		t.Error("there is data before any was sent")
	}
	record := map[string]any{"resourceLogs": []any{map[string]any{"scopeLogs": []any{map[string]any{"logRecords": []any{map[string]any{"timeUnixNano": nanos(time.Now())}}}}}}}
	if err := post(t.Context(), sendOptions{endpoint: p.otlp}, "log records", "/v1/logs", record); err != nil {
		t.Fatal(err)
	}
	p.until("who sends log records alone has data", func() bool { return p.status().HasData })
	for i, service := range []string{"dropped", "kept", "other", "kept", "dropped", "dropped"} {
		p.send(service, time.Minute, byte(i+1))
	}
	adds := func(p program) (i traceapi.Ingest) {
		i = p.status().Ingest["traces"]
		sum := i.Stored + i.Deduplicated + i.InJournal + i.DeadLetter
		for _, by := range []map[string]int64{i.Rejected, i.Dropped} {
			for _, n := range by {
				sum += n
			}
		}
		if sum != i.Received {
			t.Errorf("it does not add up: %+v", i)
		}
		return i
	}
	p.until("two spans are stored", func() bool { return adds(p).Stored == 2 })
	for range 2 {
		if i := adds(p); i.Received != 6 || len(i.Rejected) != 0 || i.Dropped["filter/dropped"] != 3 || i.Dropped["tail_sampling"] != 1 {
			t.Errorf("%+v", i)
		}
		stop()
		p, stop = runProgram(t, dir, func(c *Config) { c.Collector = section })
	}
}
