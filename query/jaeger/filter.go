package jaeger

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// question is a search of any of the APIs. Everything is asked of one span.
type question struct {
	service, operation string
	tags               map[string]string
	in                 traces.Range
	shortest, longest  time.Duration // 0: any
	limit              int
	raw                bool // no corrections of clocks
}

func (q *question) filter() filter.Expr {
	var all []filter.Expr
	if q.service != "" {
		all = append(all, equal(filter.Intrinsic, filter.Service, filter.StringValue(q.service)))
	}
	if q.operation != "" {
		all = append(all, equal(filter.Intrinsic, filter.Name, filter.StringValue(q.operation)))
	}
	if q.shortest > 0 {
		all = append(all, bound(filter.Ge, q.shortest))
	}
	if q.longest > 0 {
		all = append(all, bound(filter.Le, q.longest))
	}
	for _, key := range slices.Sorted(maps.Keys(q.tags)) {
		all = append(all, tagFilter(key, q.tags[key]))
	}
	return filter.AllOf(all...)
}

func equal(scope filter.Scope, key string, v filter.Value) filter.Expr {
	return filter.Compare{Attr: filter.Attr{Scope: scope, Key: key}, Op: filter.Eq, Value: v}
}

func bound(op filter.Op, d time.Duration) filter.Expr {
	return filter.Compare{Attr: filter.Attr{Key: filter.DurationField}, Op: op, Value: filter.DurationValue(d)}
}

// tagFilter selects spans that have a tag in Jaeger's model: an attribute of the span or of its resource, of an event where it is one
// that events have, or what OpenTelemetry's translation makes a tag of. Jaeger compares texts; here "200" is also the number 200.
func tagFilter(key, text string) filter.Expr {
	field := func(name, value string) filter.Expr { return equal(filter.Intrinsic, name, filter.StringValue(value)) }
	switch key {
	case "error":
		failed := filter.AnyOf(field(filter.Status, traces.StatusError.String()), equal(filter.Span, key, filter.BoolValue(true)), equal(filter.Span, key, filter.StringValue("true")))
		switch text {
		case "true":
			return failed
		case "false":
			return filter.Not{Expr: failed}
		}
	case "span.kind":
		if kind := strings.ToLower(text); slices.Contains(kindNames, kind) {
			return field(filter.Kind, kind)
		}
	case "otel.status_code":
		switch status := strings.ToLower(text); status {
		case "ok", "error", "unset":
			return field(filter.Status, status)
		}
	case "otel.status_description":
		return field(filter.StatusMessage, text)
	case "otel.scope.name", "otel.library.name":
		return field(filter.ScopeName, text)
	case "otel.scope.version", "otel.library.version":
		return field(filter.ScopeVersion, text)
	case "service.name":
		return field(filter.Service, text)
	case oldHTTPStatus, newHTTPStatus:
		return filter.AnyOf(values(filter.Span, newHTTPStatus, text), values(filter.Span, oldHTTPStatus, text))
	case "event":
		return filter.AnyOf(field(filter.EventName, text), values(filter.Any, key, text), values(filter.Event, key, text))
	}
	if ofEvents(key) {
		return filter.AnyOf(values(filter.Any, key, text), values(filter.Event, key, text))
	}
	return values(filter.Any, key, text)
}

// The attribute of HTTP's status before and since OpenTelemetry's conventions were declared stable. Jaeger's clients know the former.
const (
	oldHTTPStatus = "http.status_code"
	newHTTPStatus = "http.response.status_code"
)

var kindNames = []string{"unspecified", "internal", "server", "client", "producer", "consumer"}

// ofEvents are the keys that are looked for in events, too: those that OpenTelemetry's and OpenTracing's conventions have for logs of
// spans. For every other key it would double what a search reads.
func ofEvents(key string) bool {
	return strings.HasPrefix(key, "exception.") || slices.Contains([]string{"message", "level", "stack", "error.kind", "error.object", "log.severity", "log.message"}, key)
}

// values selects what the text may stand for.
func values(scope filter.Scope, key, text string) filter.Expr {
	any := []filter.Expr{equal(scope, key, filter.StringValue(text))}
	if text == "true" || text == "false" {
		any = append(any, equal(scope, key, filter.BoolValue(text == "true")))
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		any = append(any, equal(scope, key, filter.IntValue(n)))
	} else if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
		any = append(any, equal(scope, key, filter.FloatValue(f)))
	}
	return filter.AnyOf(any...)
}
