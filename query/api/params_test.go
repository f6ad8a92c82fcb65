package api_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/api"
)

func params(query string, allowed ...string) *api.Params {
	return api.ParamsOf(httptest.NewRequest("GET", "/x?"+query, nil), allowed...)
}

func TestParamsAreStrict(t *testing.T) {
	f := func(query string, want api.Code, read func(p *api.Params)) {
		t.Helper()
		p := params(query, "q", "limit", "deep", "mode", "from", "to")
		read(p)
		var e *api.Error
		if err := p.Err(); !errors.As(err, &e) || e.Code != want {
			t.Errorf("?%s: %v, want %s", query, err, want)
		}
	}
	nothing := func(*api.Params) {}
	f("limti=5", api.BadParameter, nothing)
	f("limit=5&limit=6", api.BadParameter, nothing)
	f("q=%ff", api.BadParameter, nothing)
	f("q=%zz", api.BadParameter, nothing)
	f("a;b", api.BadParameter, nothing)
	limit := func(p *api.Params) { p.Int("limit", 20, 1, 1000) }
	for _, v := range []string{"0", "1001", "x", "", "1.5", "99999999999999999999"} {
		f("limit="+v, api.BadParameter, limit)
	}
	f("deep=yes", api.BadParameter, func(p *api.Params) { p.Bool("deep") })
	f("mode=off", api.BadParameter, func(p *api.Params) { p.Choice("mode", "a", "b") })
	f("q="+strings.Repeat("x", 17000), api.TooLarge, func(p *api.Params) { p.Text("q", api.MaxQuery) })
	times := func(p *api.Params) { p.Range(now) }
	f("from=whenever", api.BadTime, times)
	f("from=now&to=now", api.BadTime, times)
	f("from=now&to=now-1h", api.BadTime, times)
	f("from="+strings.Repeat("1", 100), api.TooLarge, times)
}

func TestParamsReadWhatIsGiven(t *testing.T) {
	p := params("q=a+b&limit=7&deep=true&from=now-2h&to=now-1h&env=", "q", "limit", "deep", "from", "to", "env", "mode")
	from, to := p.Range(now)
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	if p.Text("q", 10) != "a b" || p.Int("limit", 20, 1, 10) != 7 || !p.Bool("deep") || p.Choice("mode", "first", "second") != "first" {
		t.Error("a parameter was read wrongly")
	}
	if !from.Equal(now.Add(-2*time.Hour)) || !to.Equal(now.Add(-time.Hour)) {
		t.Errorf("range %s to %s", from, to)
	}
	if env := p.Optional("env", 10); env == nil || *env != "" {
		t.Error("an empty parameter is not an absent one")
	}
	if p.Optional("missing", 10) != nil || p.Err() != nil {
		t.Error("an absent parameter is nil")
	}
}

func TestRangeIsTheHourBeforeItsEnd(t *testing.T) {
	from, to := params("to=now-1d", "to").Range(now)
	if to.Sub(from) != time.Hour || !to.Equal(now.AddDate(0, 0, -1)) {
		t.Errorf("range %s to %s", from, to)
	}
}
