package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxQuery bounds the text of a filter, in bytes.
const MaxQuery = 16 << 10

// Params reads a request's URL parameters. The first problem is kept: read all that is needed, then ask Err.
type Params struct {
	values url.Values
	err    *Error
}

// ParamsOf checks that the request has no parameters but these, and each once: a mistyped name must not silently widen a query.
func ParamsOf(r *http.Request, allowed ...string) *Params {
	p := &Params{}
	var err error
	if p.values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		p.fail(Errorf(BadParameter, "the URL's parameters can't be read: %v", err))
		p.values = url.Values{}
		return p
	}
	names := make([]string, 0, len(p.values))
	for name := range p.values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case !slices.Contains(allowed, name):
			e := Errorf(BadParameter, "there is no parameter %q here", name)
			if len(allowed) > 0 {
				e = e.WithHint("the parameters are %s", strings.Join(allowed, ", "))
			}
			p.fail(e)
		case len(p.values[name]) > 1:
			p.fail(Errorf(BadParameter, "the parameter %q is given more than once", name))
		case !utf8.ValidString(p.values.Get(name)):
			p.fail(Errorf(BadParameter, "the parameter %q is not valid UTF-8", name))
		}
	}
	return p
}

func (p *Params) fail(e *Error) {
	if p.err == nil {
		p.err = e
	}
}

// Err is the first problem.
func (p *Params) Err() error {
	if p.err == nil {
		return nil // an untyped nil
	}
	return p.err
}

// Has reports whether the parameter is given, perhaps empty.
func (p *Params) Has(name string) bool { return p.values.Has(name) }

// Text of at most limit bytes; "" when absent.
func (p *Params) Text(name string, limit int) string {
	v := p.values.Get(name)
	if len(v) > limit {
		p.fail(Errorf(TooLarge, "the parameter %q is longer than %d bytes", name, limit))
		return ""
	}
	return v
}

// Optional is Text, or nil when absent.
func (p *Params) Optional(name string, limit int) *string {
	if !p.Has(name) {
		return nil
	}
	v := p.Text(name, limit)
	return &v
}

// Int between low and high; missing when absent.
func (p *Params) Int(name string, missing, low, high int) int {
	if !p.Has(name) {
		return missing
	}
	n, err := strconv.Atoi(p.values.Get(name))
	if err != nil || n < low || n > high {
		p.fail(Errorf(BadParameter, "the parameter %q is %q", name, clip(p.values.Get(name))).WithHint("give a whole number from %d to %d", low, high))
		return missing
	}
	return n
}

// Bool is true or false; false when absent.
func (p *Params) Bool(name string) bool {
	return p.Choice(name, "false", "true") == "true"
}

// Choice is one of the options; the first when absent.
func (p *Params) Choice(name string, options ...string) string {
	if !p.Has(name) {
		return options[0]
	}
	v := p.values.Get(name)
	if !slices.Contains(options, v) {
		p.fail(Errorf(BadParameter, "the parameter %q is %q", name, clip(v)).WithHint("give one of %s", strings.Join(options, ", ")))
		return options[0]
	}
	return v
}

// maxTimeText bounds the text of a time.
const maxTimeText = 64

// Time in any spelling; missing when absent.
func (p *Params) Time(name string, now, missing time.Time) time.Time {
	if !p.Has(name) {
		return missing
	}
	t, err := ParseTime(p.Text(name, maxTimeText), now)
	if err != nil {
		p.fail(Errorf(BadTime, "the parameter %q: %v", name, err))
		return missing
	}
	return t
}

// Range reads from and to, by default the hour before now. The range is never empty.
func (p *Params) Range(now time.Time) (from, to time.Time) {
	to = p.Time("to", now, now)
	from = p.Time("from", now, to.Add(-time.Hour))
	if p.err == nil && !from.Before(to) {
		p.fail(Errorf(BadTime, "the time range is empty: from %s to %s", from.Format(time.RFC3339), to.Format(time.RFC3339)).
			WithHint("from must be before to"))
	}
	return from, to
}

// clip keeps messages short.
func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
