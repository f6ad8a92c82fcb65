package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestLogsGoAllTheWay sends log records to a running program and reads them back; the accounts add up.
func TestLogsGoAllTheWay(t *testing.T) {
	p, stop := runProgram(t, t.TempDir())
	var out bytes.Buffer
	o := sendOptions{endpoint: p.otlp, page: p.page, service: "checkout", name: "pay", status: "error", log: "card declined token=hunter2hunter2", duration: time.Second, attrs: []string{"order=7"}}
	if err := send(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	traceID, _, _ := strings.Cut(strings.TrimPrefix(out.String(), "sent a log record of trace "), "\n")
	request := map[string]any{"resourceLogs": []any{map[string]any{"scopeLogs": []any{map[string]any{"logRecords": []any{
		map[string]any{"timeUnixNano": nanos(time.Now()), "body": map[string]any{"kvlistValue": map[string]any{"values": []any{}}}},
		map[string]any{"eventName": "no time"},
	}}}}}}
	if err := post(t.Context(), o, "log records", "/v1/logs", request); err != nil {
		t.Fatal(err)
	}
	tooOld := map[string]any{"resourceLogs": []any{map[string]any{"scopeLogs": []any{map[string]any{"logRecords": []any{map[string]any{"timeUnixNano": "1"}}}}}}}
	if err := post(t.Context(), o, "log records", "/v1/logs", tooOld); err == nil || !strings.Contains(err.Error(), "ts_expired") {
		t.Errorf("a record of 1970: %v", err)
	}
	p.until("the accounts add up", func() bool {
		i := p.status().Ingest["logs"]
		return i.Received == 4 && i.Stored == 3 && i.Rejected["ts_expired"] == 1 && i.InJournal == 0
	})
	type record struct {
		ID, Severity, Service string
		TraceID               string `json:"trace_id"`
		Body                  struct{ Type, Value string }
		Attributes            []struct{ Key, Type, Value string }
	}
	var page struct{ Records []record }
	p.ask("GET", "/api/logs", nil, &page)
	if len(page.Records) != 3 {
		t.Fatalf("records are %+v", page.Records)
	}
	p.ask("GET", "/api/logs?q=service:checkout+severity:error+word:declined", nil, &page)
	if len(page.Records) != 1 || page.Records[0].TraceID != traceID || !strings.HasPrefix(page.Records[0].Body.Value, "card declined") ||
		strings.Contains(page.Records[0].Body.Value, "hunter2") || len(page.Records[0].Attributes) != 1 || page.Records[0].Attributes[0].Type != "int" {
		t.Errorf("records are %+v", page.Records)
	}
	p.ask("GET", "/api/traces/"+traceID+"/logs", nil, &page)
	if len(page.Records) != 1 || page.Records[0].Service != "checkout" {
		t.Errorf("records of the trace are %+v", page.Records)
	}
	stop()
}
