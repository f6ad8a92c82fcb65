package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type sendOptions struct {
	endpoint, key, page   string
	service, name, status string
	log                   string // body of a record to send with it; "" for none
	duration              time.Duration
	attrs                 []string
}

func sendCommand() *cobra.Command {
	o := sendOptions{}
	c := &cobra.Command{
		Use:   "send",
		Short: "Send one test span, and a log record with it",
		Long:  "Send one span over OTLP/HTTP, as a service would, and print where to see it. With --log a log record of the span is sent too.",
		Example: `  sightline send
  sightline send --service checkout --name "POST /orders" --duration 820ms --status error
  sightline send --status error --log "card declined"
  sightline send --attr http.route=/pay --attr customer=42 --endpoint https://sightline.internal:4318 --key sl_...`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.key = cmp.Or(o.key, os.Getenv("SIGHTLINE_KEY")) // not the flag's default, which --help prints
			return send(c.Context(), o, c.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringVar(&o.endpoint, "endpoint", cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://127.0.0.1:4318"), "OTLP/HTTP address")
	f.StringVar(&o.key, "key", "", "ingest key, where one is asked for [$SIGHTLINE_KEY]")
	f.StringVar(&o.page, "page", "http://127.0.0.1:7070", "address of the page, for the printed link")
	f.StringVar(&o.service, "service", "hello", "service.name")
	f.StringVar(&o.name, "name", "test span", "span name")
	f.StringVar(&o.status, "status", "ok", "ok, error or unset")
	f.StringVar(&o.log, "log", "", "message of a log record to send with the span; its severity is ERROR where the status is error, else INFO")
	f.DurationVar(&o.duration, "duration", 100*time.Millisecond, "how long the span took; it ends now")
	f.StringArrayVar(&o.attrs, "attr", nil, "attribute as key=value, may be repeated; whole numbers become ints")
	return c
}

func send(ctx context.Context, o sendOptions, out io.Writer) error {
	t, err := newTelemetry(o, time.Now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := post(ctx, o, "span", "/v1/traces", t.span()); err != nil {
		return err
	}
	what := "trace"
	if o.log != "" {
		what = "a log record of trace"
		if err := post(ctx, o, "log record", "/v1/logs", t.record()); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "sent %s %s\n%s/trace/%s\n", what, t.traceID, strings.TrimSuffix(o.page, "/"), t.traceID)
	return err
}

// post sends a request in OTLP's JSON encoding; what says of what it is, for errors.
func post(ctx context.Context, o sendOptions, what, path string, request any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("send %s: %w", what, err)
	}
	url := strings.TrimSuffix(o.endpoint, "/") + path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send %s: %w", what, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if o.key != "" {
		req.Header.Set("Authorization", "Bearer "+o.key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("send %s: %w; is Sightline running? `sightline` starts it", what, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("send %s: %s answered %s: %s", what, url, res.Status, strings.TrimSpace(string(answer)))
	}
	var partial struct {
		PartialSuccess struct {
			ErrorMessage string `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if err := json.Unmarshal(answer, &partial); err == nil && partial.PartialSuccess.ErrorMessage != "" {
		return fmt.Errorf("send %s: rejected: %s", what, partial.PartialSuccess.ErrorMessage)
	}
	return nil
}

type (
	otlpValue     map[string]string
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
)

// telemetry is what is sent, in the shapes of OTLP's JSON encoding.
type telemetry struct {
	o               sendOptions
	now             time.Time
	code            int // of the status
	attrs           []otlpAttribute
	traceID, spanID string
}

func newTelemetry(o sendOptions, now time.Time) (t telemetry, err error) {
	code, ok := map[string]int{"unset": 0, "ok": 1, "error": 2}[o.status]
	if !ok {
		return t, fmt.Errorf("status %q is not ok, error or unset", o.status)
	}
	if o.duration < 0 {
		return t, fmt.Errorf("duration %s is negative", o.duration)
	}
	t = telemetry{o: o, now: now, code: code, attrs: []otlpAttribute{}}
	for _, a := range o.attrs {
		key, text, found := strings.Cut(a, "=")
		if !found || key == "" {
			return t, fmt.Errorf("attribute %q is not key=value", a)
		}
		v := otlpValue{"stringValue": text}
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			v = otlpValue{"intValue": text}
		}
		t.attrs = append(t.attrs, otlpAttribute{key, v})
	}
	var ids [24]byte
	_, _ = rand.Read(ids[:]) // never fails, see crypto/rand
	t.traceID, t.spanID = hex.EncodeToString(ids[:16]), hex.EncodeToString(ids[16:])
	return t, nil
}

func (t *telemetry) resource() any {
	return map[string]any{"attributes": []otlpAttribute{{"service.name", otlpValue{"stringValue": t.o.service}}}}
}

func (t *telemetry) scope() any {
	return map[string]string{"name": "sightline send", "version": version}
}

// span is an ExportTraceServiceRequest.
func (t *telemetry) span() any {
	span := map[string]any{
		"traceId": t.traceID, "spanId": t.spanID, "name": t.o.name, "kind": 2,
		"startTimeUnixNano": nanos(t.now.Add(-t.o.duration)), "endTimeUnixNano": nanos(t.now),
		"attributes": t.attrs, "status": map[string]int{"code": t.code},
	}
	return map[string]any{"resourceSpans": []any{map[string]any{
		"resource": t.resource(), "scopeSpans": []any{map[string]any{"scope": t.scope(), "spans": []any{span}}},
	}}}
}

// record is an ExportLogsServiceRequest.
func (t *telemetry) record() any {
	severity, text := 9, "INFO"
	if t.o.status == "error" {
		severity, text = 17, "ERROR"
	}
	record := map[string]any{
		"timeUnixNano": nanos(t.now), "observedTimeUnixNano": nanos(t.now), "severityNumber": severity, "severityText": text,
		"body": otlpValue{"stringValue": t.o.log}, "attributes": t.attrs, "traceId": t.traceID, "spanId": t.spanID,
	}
	return map[string]any{"resourceLogs": []any{map[string]any{
		"resource": t.resource(), "scopeLogs": []any{map[string]any{"scope": t.scope(), "logRecords": []any{record}}},
	}}}
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }
