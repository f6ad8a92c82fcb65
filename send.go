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
	duration              time.Duration
	attrs                 []string
}

func sendCommand() *cobra.Command {
	o := sendOptions{}
	c := &cobra.Command{
		Use:   "send",
		Short: "Send one test span",
		Long:  "Send one span over OTLP/HTTP, as a service would, and print where to see it.",
		Example: `  sightline send
  sightline send --service checkout --name "POST /orders" --duration 820ms --status error
  sightline send --attr http.route=/pay --attr customer=42 --endpoint https://sightline.internal:4318 --key sl_...`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return send(c.Context(), o, c.OutOrStdout()) },
	}
	f := c.Flags()
	f.StringVar(&o.endpoint, "endpoint", cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://127.0.0.1:4318"), "OTLP/HTTP address")
	f.StringVar(&o.key, "key", os.Getenv("SIGHTLINE_KEY"), "ingest key, where one is asked for")
	f.StringVar(&o.page, "page", "http://127.0.0.1:7070", "address of the page, for the printed link")
	f.StringVar(&o.service, "service", "hello", "service.name")
	f.StringVar(&o.name, "name", "test span", "span name")
	f.StringVar(&o.status, "status", "ok", "ok, error or unset")
	f.DurationVar(&o.duration, "duration", 100*time.Millisecond, "how long the span took; it ends now")
	f.StringArrayVar(&o.attrs, "attr", nil, "attribute as key=value, may be repeated; whole numbers become ints")
	return c
}

func send(ctx context.Context, o sendOptions, out io.Writer) error {
	body, traceID, err := testSpan(o, time.Now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	url := strings.TrimSuffix(o.endpoint, "/") + "/v1/traces"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send span: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if o.key != "" {
		req.Header.Set("Authorization", "Bearer "+o.key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("send span: %w; is Sightline running? `sightline` starts it", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("send span: %s answered %s: %s", url, res.Status, strings.TrimSpace(string(answer)))
	}
	var partial struct {
		PartialSuccess struct {
			ErrorMessage string `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if err := json.Unmarshal(answer, &partial); err == nil && partial.PartialSuccess.ErrorMessage != "" {
		return fmt.Errorf("send span: rejected: %s", partial.PartialSuccess.ErrorMessage)
	}
	_, err = fmt.Fprintf(out, "sent trace %s\n%s/trace/%s\n", traceID, strings.TrimSuffix(o.page, "/"), traceID)
	return err
}

// testSpan is an ExportTraceServiceRequest in OTLP's JSON encoding.
func testSpan(o sendOptions, now time.Time) (body []byte, traceID string, err error) {
	code, ok := map[string]int{"unset": 0, "ok": 1, "error": 2}[o.status]
	if !ok {
		return nil, "", fmt.Errorf("status %q is not ok, error or unset", o.status)
	}
	if o.duration < 0 {
		return nil, "", fmt.Errorf("duration %s is negative", o.duration)
	}
	type value map[string]string
	type attribute struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	attrs := []attribute{}
	for _, a := range o.attrs {
		key, text, found := strings.Cut(a, "=")
		if !found || key == "" {
			return nil, "", fmt.Errorf("attribute %q is not key=value", a)
		}
		v := value{"stringValue": text}
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			v = value{"intValue": text}
		}
		attrs = append(attrs, attribute{key, v})
	}
	var ids [24]byte
	_, _ = rand.Read(ids[:]) // never fails, see crypto/rand
	traceID = hex.EncodeToString(ids[:16])
	span := map[string]any{
		"traceId": traceID, "spanId": hex.EncodeToString(ids[16:]), "name": o.name, "kind": 2,
		"startTimeUnixNano": strconv.FormatInt(now.Add(-o.duration).UnixNano(), 10), "endTimeUnixNano": strconv.FormatInt(now.UnixNano(), 10),
		"attributes": attrs, "status": map[string]int{"code": code},
	}
	body, err = json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": []attribute{{"service.name", value{"stringValue": o.service}}}},
		"scopeSpans": []any{map[string]any{"scope": map[string]string{"name": "sightline send", "version": version}, "spans": []any{span}}},
	}}})
	return body, traceID, err
}
