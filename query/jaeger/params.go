package jaeger

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

const (
	defaultTraces   = 100
	maxTraces       = 1000
	defaultLookback = 48 * time.Hour
)

// params reads the parameters of a request as Jaeger does: what is empty is absent, and what is unknown is left alone. The first
// problem is kept.
type params struct {
	url.Values
	now time.Time
	err error
}

func (p *params) bad(name, format string, args ...any) {
	if p.err == nil {
		p.err = api.Errorf(api.BadParameter, "unable to parse param '"+name+"': "+format, args...)
	}
}

// text is the first of several names that is given: API v3 takes camelCase and, from older clients, snake_case.
func (p *params) text(names ...string) (name, text string) {
	for _, name := range names {
		if text := p.Get(name); text != "" {
			return name, text
		}
	}
	return names[0], ""
}

// unix is a time as a number of units since 1970.
func (p *params) unix(name string, unit time.Duration, missing time.Time) time.Time {
	text := p.Get(name)
	if text == "" {
		return missing
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if limit := math.MaxInt64 / int64(unit); err != nil || n < 0 || n > limit {
		p.bad(name, "%q is no time", text)
		return missing
	}
	return time.Unix(0, n*int64(unit)).UTC()
}

// units is a duration as a number of units.
func (p *params) units(name string, unit, missing time.Duration) time.Duration {
	text := p.Get(name)
	if text == "" {
		return missing
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/int64(unit) {
		p.bad(name, "%q is no duration", text)
		return missing
	}
	return time.Duration(n) * unit
}

// duration like 1.5s.
func (p *params) duration(missing time.Duration, names ...string) time.Duration {
	name, text := p.text(names...)
	if text == "" {
		return missing
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		p.bad(name, "%q is no duration like 100ms or 1.2s", text)
		return missing
	}
	return d
}

// lookback is the UI's: 1h, 2d, 1w; custom means that start says it.
func (p *params) lookback() time.Duration {
	text := p.Get("lookback")
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 12); err == nil {
			return time.Duration(n) * 24 * time.Hour
		}
	}
	if weeks, ok := strings.CutSuffix(text, "w"); ok {
		if n, err := strconv.ParseUint(weeks, 10, 9); err == nil {
			return time.Duration(n) * 7 * 24 * time.Hour
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d
	}
	return defaultLookback
}

func (p *params) flag(names ...string) bool {
	name, text := p.text(names...)
	if text == "" {
		return false
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		p.bad(name, "%q is neither true nor false", text)
	}
	return b
}

// rfc3339 is a time of API v3; zero if absent.
func (p *params) rfc3339(names ...string) time.Time {
	name, text := p.text(names...)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		p.bad(name, "%q is no time like 2026-05-04T10:00:00Z", text)
		return time.Time{}
	}
	return t.UTC()
}

// limit of traces.
func (p *params) limit(names ...string) int {
	name, text := p.text(names...)
	if text == "" {
		return defaultTraces
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		p.bad(name, "%q is no number of traces", text)
		return defaultTraces
	}
	return limited(int(n))
}

// limited is how many traces of those asked for are looked for; API v3 can't tell 0 from absent.
func limited(n int) int {
	if n <= 0 {
		return defaultTraces
	}
	return min(n, maxTraces)
}

// tags are attributes to search for: JSON objects with strings, and words like key:value.
func (p *params) tags() map[string]string {
	tags := map[string]string{}
	for _, tag := range p.Values["tag"] {
		key, value, ok := strings.Cut(tag, ":")
		if !ok {
			p.bad("tag", "expecting key:value, received: %s", tag)
		}
		tags[key] = value
	}
	for _, text := range p.Values["tags"] {
		p.object("tags", text, tags)
	}
	return tags
}

// object reads a JSON object whose values are strings; numbers and bools are taken as they are written.
func (p *params) object(name, text string, into map[string]string) {
	if text == "" {
		return
	}
	var values map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&values); err != nil {
		p.bad(name, "cannot unmarshal JSON: %v", err)
		return
	}
	for key, value := range values {
		switch v := value.(type) {
		case string:
			into[key] = v
		case json.Number:
			into[key] = v.String()
		case bool:
			into[key] = strconv.FormatBool(v)
		default:
			p.bad(name, "the value of %q is no text", key)
		}
	}
}

// traceIDOf reads a trace id as Jaeger writes it: hex digits without leading zeros, or base64 of 16 bytes. X-Ray's spelling goes too.
func traceIDOf(text string) (traces.TraceID, error) {
	if id, err := traces.ParseTraceID(text); err == nil && id != (traces.TraceID{}) {
		return id, nil
	}
	var id traces.TraceID
	if n := len(text); n > 0 && n <= 2*len(id) {
		if _, err := hex.Decode(id[:], []byte(strings.Repeat("0", 2*len(id)-n)+text)); err == nil && id != (traces.TraceID{}) {
			return id, nil
		}
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := encoding.DecodeString(text); err == nil && len(b) == len(id) {
			return traces.TraceID(b), nil
		}
	}
	return traces.TraceID{}, api.Errorf(api.BadParameter, "%q is no trace id", text).WithHint("give up to 32 hex digits")
}

// idText is a trace id in Jaeger's JSON: 64 bits where the higher ones are zero.
func idText(id traces.TraceID) string {
	text := id.String()
	if strings.HasPrefix(text, "0000000000000000") {
		return text[16:]
	}
	return text
}
