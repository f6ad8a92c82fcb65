package promapi

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/sightline/sightline/query/api"
)

const (
	// maxForm is how long the parameters of a POST may be.
	maxForm = 256 << 10
	// maxExpr is how long an expression may be: there are long ones of alternatives in a pattern.
	maxExpr = 64 << 10
	// maxSigns is how many brackets and operators it may have. What it takes to parse and evaluate grows with the square of its depth.
	maxSigns = 5000
	// maxPoints is how many steps a range query may have, as with Prometheus.
	maxPoints = 11_000
)

// params reads a request's parameters, of its URL and of its form, as Prometheus does. The first problem is kept.
type params struct {
	values url.Values
	now    time.Time
	err    error
}

func (a *API) params(w http.ResponseWriter, r *http.Request) *params {
	p := &params{now: a.cfg.Now(), values: url.Values{}}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			p.err = api.Errorf(api.TooLarge, "the parameters are longer than %d bytes", maxForm)
			return p
		}
		p.err = bad("error parsing form values: %v", err)
		return p
	}
	p.values = r.Form
	return p
}

// bad is Prometheus's bad_data.
func bad(format string, args ...any) error { return api.Errorf(api.BadParameter, format, args...) }

func (p *params) invalid(name string, err error) {
	if p.err == nil {
		p.err = bad("invalid parameter %q: %v", name, err)
	}
}

// expr is the text of an expression.
func (p *params) expr(name string) string {
	text := p.values.Get(name)
	if len(text) > maxExpr {
		p.invalid(name, fmt.Errorf("longer than %d bytes", maxExpr))
		return ""
	}
	if signs(text) > maxSigns {
		p.invalid(name, fmt.Errorf("more than %d brackets and operators", maxSigns))
		return ""
	}
	return text
}

// signs counts the brackets and operators of an expression, without those of its strings and comments.
func signs(text string) (n int) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\'', '`':
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' && c != '`' {
					i++
				}
			}
		case '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		default:
			if strings.IndexByte("([{+-*/%^<>=!", c) >= 0 {
				n++
			}
		}
	}
	return n
}

// time is in seconds since 1970, with a fraction, or RFC 3339; missing where it is absent.
func (p *params) time(name string, missing time.Time) time.Time {
	text := p.values.Get(name)
	if text == "" {
		return missing
	}
	t, err := parseTime(text)
	if err != nil {
		p.invalid(name, err)
	}
	return t
}

var (
	// minTime and maxTime are what Prometheus's client sends for "since ever" and "for ever".
	minTime = time.Unix(math.MinInt64/1000+62135596801, 0).UTC()
	maxTime = time.Unix(math.MaxInt64/1000-62135596801, 999999999).UTC()
)

func parseTime(text string) (time.Time, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(f) || math.Abs(f) > math.MaxInt64/1000 {
			return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", text)
		}
		s, fraction := math.Modf(f)
		return time.Unix(int64(s), int64(math.Round(fraction*1000)/1000*float64(time.Second))).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	switch text {
	case minTime.Format(time.RFC3339Nano):
		return minTime, nil
	case maxTime.Format(time.RFC3339Nano):
		return maxTime, nil
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", text)
}

// duration is a number of seconds, or as PromQL spells it.
func (p *params) duration(name string) time.Duration {
	d, err := parseDuration(p.values.Get(name))
	if err != nil {
		p.invalid(name, err)
	}
	return d
}

func parseDuration(text string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		ns := f * float64(time.Second)
		if math.IsNaN(ns) || ns >= math.MaxInt64 || ns <= math.MinInt64 {
			return 0, fmt.Errorf("cannot parse %q to a valid duration. It overflows int64", text)
		}
		return time.Duration(ns), nil
	}
	if d, err := model.ParseDuration(text); err == nil {
		return time.Duration(d), nil
	}
	return 0, fmt.Errorf("cannot parse %q to a valid duration", text)
}

// limit is how much of an answer is wanted; 0: all.
func (p *params) limit() int { return p.number("limit") }

// number is a whole number, 0 where it is absent.
func (p *params) number(name string) int {
	text := p.values.Get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		p.invalid(name, fmt.Errorf("cannot parse %q to a number", text))
	case n < 0:
		p.invalid(name, errors.New("limit must be non-negative"))
	}
	return n
}

// options are those of a query.
func (p *params) options() promql.QueryOpts {
	var back time.Duration
	if text := p.values.Get("lookback_delta"); text != "" {
		var err error
		if back, err = parseDuration(text); err != nil && p.err == nil {
			p.err = bad("error parsing lookback delta duration: %v", err)
		}
	}
	return promql.NewPrometheusQueryOpts(false, back)
}

// selectors are the series that match[] names, each a set of matchers.
func (a *API) selectors(p *params) [][]*labels.Matcher {
	texts := p.values["match[]"]
	if len(strings.Join(texts, "")) > maxExpr {
		p.invalid("match[]", fmt.Errorf("longer than %d bytes", maxExpr))
		return nil
	}
	sets, err := a.parser.ParseMetricSelectors(texts)
	if err != nil {
		p.invalid("match[]", err)
		return nil
	}
	for _, set := range sets {
		empty := true
		for _, m := range set {
			empty = empty && m.Matches("")
		}
		if empty {
			p.invalid("match[]", errors.New("match[] must contain at least one non-empty matcher"))
		}
	}
	return sets
}
