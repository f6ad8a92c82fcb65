package storagetest

import (
	"strings"
	"testing"
)

func TestParseScriptFailure(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := parseScript(text, Base); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseScript(%q) = %v, want %q", text, err, want)
		}
	}
	f("api GET 0s 1s", "line 1: a span before any trace")
	f("load\n  trace x\n", "line 2: id \"x\"")
	f("trace 1 at noon", "line 1: time: invalid duration")
	f("trace 1\napi 0s 1s", "line 2: want: service, name, start, duration")
	f("trace 1\napi GET 0s", "line 2: want: service")
	f("trace 1\napi GET 0s 1s bogus", `"bogus" is no attribute`)
	f("trace 1\napi GET 0s 1s :bogus=1", "there is no word :bogus")
	f("trace 1\napi GET 0s 1s a=\"b", "a quote is not closed")
	f("resource api x", `"x" is no attribute`)
	f("resource", "needs its service")
}

func TestParseScriptStopsAfterLoad(t *testing.T) {
	s, err := parseScript("load\n  trace 1\n    a b c d 1ms 2ms\n\nsearch x = \"y\"\n  nonsense", Base)
	if err != nil || len(s.traces) != 1 || len(s.traces[0].spans) != 1 || s.traces[0].spans[0].span.Name != "b c d" {
		t.Errorf("%+v, %v", s, err)
	}
}
