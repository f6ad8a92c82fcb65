package metrics_test

import (
	"testing"

	"github.com/prometheus/otlptranslator"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/metrics"
)

func TestTranslation(t *testing.T) {
	text := func(kv ...string) (attrs []encode.Value) {
		for i := 0; i < len(kv); i += 2 {
			attrs = append(attrs, encode.Value{Key: kv[i], Text: kv[i+1]})
		}
		return attrs
	}
	s := metrics.Series{
		Name: "http.server.request.duration", Unit: "s", Kind: metrics.Histogram,
		Attrs:    append(text("a.b", "1", "a_b", "2", "empty", "", "http.route", "/x", "job", "own"), encode.IntAttr("http.response.status_code", 200)),
		Resource: &metrics.Resource{Attrs: text("service.instance.id", "i-1", "service.name", "checkout", "service.namespace", "shop")},
		Scope:    metrics.Scope{Name: "lib", Version: "1.2", Attrs: text("x.y", "z")},
	}
	f := func(strategy otlptranslator.TranslationStrategyOption, want string) {
		t.Helper()
		tr := metrics.Translation{Strategy: strategy}
		if got := tr.Labels(&s).String(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", strategy, got, want)
		}
	}
	f("", `{__name__="http_server_request_duration_seconds", a_b="1;2", http_response_status_code="200", http_route="/x", instance="i-1", job="shop/checkout", `+
		`otel_scope_name="lib", otel_scope_version="1.2", otel_scope_x_y="z"}`)
	f(otlptranslator.NoTranslation, `{__name__="http.server.request.duration", "a.b"="1", a_b="2", "http.response.status_code"="200", "http.route"="/x", instance="i-1", `+
		`job="shop/checkout", otel_scope_name="lib", otel_scope_version="1.2", "otel_scope_x.y"="z"}`)
	name := func(m metrics.Metric, want string) {
		t.Helper()
		if got := (metrics.Translation{}).Name(m); got != want {
			t.Errorf("%+v is %q, want %q", m, got, want)
		}
	}
	name(metrics.Metric{Name: "requests", Kind: metrics.Sum, Monotonic: true}, "requests_total")
	name(metrics.Metric{Name: "http_requests_total", Kind: metrics.Sum, Monotonic: true}, "http_requests_total") // as a scrape sends it
	name(metrics.Metric{Name: "queue.size", Kind: metrics.Sum}, "queue_size")
	name(metrics.Metric{Name: "system.memory.usage", Unit: "By", Kind: metrics.Gauge}, "system_memory_usage_bytes")
	name(metrics.Metric{Name: "日本", Kind: metrics.Gauge}, "日本") // has no escaped form
}
