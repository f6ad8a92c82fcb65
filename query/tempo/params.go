package tempo

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

// defaultRange is how far back is looked where a request names no times.
const defaultRange = time.Hour

// params reads a request's parameters. Unlike in our own API one that is unknown is passed over, since Tempo has more of them with
// each version. The first problem is kept.
type params struct {
	values url.Values
	now    time.Time
	err    error
}

func (h *handlers) params(r *http.Request) *params {
	p := &params{now: h.Now()}
	var err error
	if p.values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		p.fail("the URL's parameters can't be read: %v", err)
		p.values = url.Values{}
	}
	return p
}

func (p *params) fail(format string, args ...any) {
	if p.err == nil {
		p.err = api.Errorf(api.BadParameter, format, args...)
	}
}

// text of at most api.MaxQuery bytes.
func (p *params) text(name string) string {
	v := strings.TrimSpace(p.values.Get(name))
	if len(v) > api.MaxQuery {
		p.fail("invalid %s: longer than %d bytes", name, api.MaxQuery)
		return ""
	}
	return strings.ToValidUTF8(v, "\ufffd")
}

// positive is a number of 1 or more, at most most; missing where it is absent or 0.
func (p *params) positive(name string, missing, most int) int {
	text := p.values.Get(name)
	if text == "" || text == "0" {
		return missing
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		p.fail("invalid %s: must be a positive number", name)
		return missing
	}
	return min(n, most)
}

// duration is a Go duration, or a number of seconds; 0 where it is absent.
func (p *params) duration(name string) time.Duration {
	text := p.values.Get(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		var seconds float64
		if seconds, err = strconv.ParseFloat(text, 64); err == nil && seconds >= 0 && seconds < 1e9 {
			return time.Duration(seconds * float64(time.Second))
		}
	}
	if err != nil || d < 0 {
		p.fail("invalid %s: %q is not a duration such as 1s, 100ms or 30m", name, text)
	}
	return d
}

// time is in seconds, milliseconds or nanoseconds since 1970, told apart by their digits, or RFC 3339; zero where it is absent or 0.
func (p *params) time(name string) time.Time {
	text := p.values.Get(name)
	if text == "" || text == "0" {
		return time.Time{}
	}
	t, err := api.ParseTime(text, p.now)
	if err != nil {
		p.fail("invalid %s: %v", name, err)
	}
	return t
}

// span is start and end; what is missing makes it the last hour, or an hour's length.
func (p *params) span() traces.Range {
	in := traces.Range{From: p.time("start"), To: p.time("end")}
	if since := p.duration("since"); since > 0 && in.From.IsZero() {
		in.To = p.now
		in.From = in.To.Add(-since)
	}
	if in.To.IsZero() {
		in.To = p.now
		if in.From.After(in.To) {
			in.To = in.From.Add(defaultRange)
		}
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-defaultRange)
	}
	if p.err == nil && !in.From.Before(in.To) {
		p.fail("http parameter start must be before end. received start=%d end=%d", in.From.Unix(), in.To.Unix())
	}
	return in
}

// hint is where a trace may lie; zero where nothing is said.
func (p *params) hint() traces.Range {
	in := traces.Range{From: p.time("start"), To: p.time("end")}
	switch {
	case in.From.IsZero() && in.To.IsZero():
		return traces.Range{}
	case in.From.IsZero():
		in.From = in.To
	case in.To.IsZero():
		in.To = in.From
	}
	if p.err == nil && in.To.Before(in.From) {
		p.fail("http parameter start must be before end. received start=%d end=%d", in.From.Unix(), in.To.Unix())
	}
	return in
}
