package zipkin

import (
	"encoding/hex"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

const (
	defaultTraces   = 10
	maxTraces       = 1000
	defaultLookback = 24 * time.Hour
)

// params reads the parameters of a request as Zipkin does: what is empty is absent, and what is unknown is left alone. The first
// problem is kept.
type params struct {
	url.Values
	err error
}

func paramsOf(r *http.Request) *params { return &params{Values: r.URL.Query()} }

// required is a text that must be there.
func (p *params) required(name string) string {
	text := p.Get(name)
	if text == "" && p.err == nil {
		p.err = api.Errorf(api.BadParameter, "%s parameter is empty", name)
	}
	return text
}

// positive is a number above 0; missing if absent.
func (p *params) positive(name string, missing, limit int64) int64 {
	n := p.number(name, missing, limit)
	if n == 0 && p.Get(name) != "" && p.err == nil {
		p.err = api.Errorf(api.BadParameter, "%s <= 0", name)
	}
	return n
}

// number that is not negative and at most limit; missing if absent.
func (p *params) number(name string, missing, limit int64) int64 {
	text := p.Get(name)
	if text == "" {
		return missing
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > limit {
		if p.err == nil {
			p.err = api.Errorf(api.BadParameter, "%s is %q", name, text).WithHint("give a whole number up to %d", limit)
		}
		return missing
	}
	return n
}

// in is the range of endTs and lookback, both ms; both ends belong to it.
func (p *params) in(now time.Time) traces.Range {
	const limit = math.MaxInt64 / int64(time.Millisecond)
	end := p.positive("endTs", now.UnixMilli(), limit-1)
	lookback := p.positive("lookback", defaultLookback.Milliseconds(), limit)
	to := time.UnixMilli(end + 1).UTC()
	from := to.Add(-time.Duration(lookback)*time.Millisecond - time.Millisecond)
	if epoch := time.Unix(0, 0).UTC(); from.Before(epoch) {
		from = epoch
	}
	return traces.Range{From: from, To: to}
}

// filter of a search. Zipkin asks each condition of some span of the service; here one span must meet them all.
func (p *params) filter() filter.Expr {
	var all []filter.Expr
	add := func(key, text string) {
		if text != "" && text != "all" { // what the page sends for no choice
			all = append(all, equal(filter.Intrinsic, key, filter.StringValue(text)))
		}
	}
	add(filter.Service, p.Get("serviceName"))
	add(filter.Name, p.Get("spanName"))
	add(filter.Peer, p.Get("remoteServiceName"))
	shortest, longest := p.positive("minDuration", 0, math.MaxInt64/1000), p.number("maxDuration", 0, math.MaxInt64/1000)
	isLimited := p.Get("maxDuration") != ""
	switch {
	case p.err != nil || !isLimited:
	case shortest == 0:
		p.err = api.Errorf(api.BadParameter, "maxDuration is only valid with minDuration")
	case longest < shortest:
		p.err = api.Errorf(api.BadParameter, "maxDuration < minDuration")
	}
	if shortest > 0 {
		all = append(all, bound(filter.Ge, shortest))
	}
	if isLimited {
		all = append(all, bound(filter.Le, longest))
	}
	for _, part := range strings.Split(p.Get("annotationQuery"), " and ") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, annotated(part))
		}
	}
	return filter.AllOf(all...)
}

func equal(scope filter.Scope, key string, v filter.Value) filter.Expr {
	return filter.Compare{Attr: filter.Attr{Scope: scope, Key: key}, Op: filter.Eq, Value: v}
}

func bound(op filter.Op, micros int64) filter.Expr {
	return filter.Compare{Attr: filter.Attr{Key: filter.DurationField}, Op: op, Value: filter.DurationValue(time.Duration(micros) * time.Microsecond)}
}

// annotated is a part of an annotationQuery: key=value of a tag, or a word that is the key of a tag or the value of an annotation.
func annotated(part string) filter.Expr {
	key, text, isTag := strings.Cut(part, "=")
	switch {
	case key == "error" && !isTag, key == "error" && text == "true":
		return filter.AnyOf(equal(filter.Intrinsic, filter.Status, filter.StringValue(traces.StatusError.String())), filter.Exists{Attr: filter.Attr{Scope: filter.Span, Key: key}})
	case !isTag:
		return filter.AnyOf(equal(filter.Intrinsic, filter.EventName, filter.StringValue(part)), filter.Exists{Attr: filter.Attr{Scope: filter.Any, Key: part}})
	case key == oldHTTPStatus || key == newHTTPStatus:
		return filter.AnyOf(values(filter.Span, newHTTPStatus, text), values(filter.Span, oldHTTPStatus, text))
	}
	return values(filter.Any, key, text)
}

// The attribute of HTTP's status before and since OpenTelemetry's conventions were declared stable.
const (
	oldHTTPStatus = "http.status_code"
	newHTTPStatus = "http.response.status_code"
)

// values selects what the text may stand for: Zipkin's tags are all texts.
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

// traceIDOf reads up to 32 hex digits.
func traceIDOf(text string) (id traces.TraceID, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if n := len(text); n > 0 && n <= 2*len(id) {
		if _, err := hex.Decode(id[:], []byte(strings.Repeat("0", 2*len(id)-n)+text)); err == nil && id != (traces.TraceID{}) {
			return id, nil
		}
	}
	return traces.TraceID{}, api.Errorf(api.BadParameter, "%s should be lower-hex encoded with no prefix", text).WithHint("give 16 or 32 digits")
}

// idText is a trace id in Zipkin's JSON: 64 bits where the higher ones are zero.
func idText(id traces.TraceID) string {
	text := id.String()
	if strings.HasPrefix(text, "0000000000000000") {
		return text[16:]
	}
	return text
}
