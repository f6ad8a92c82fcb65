package traceapi

import (
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

func TestCaret(t *testing.T) {
	f := func(text string, want caret) {
		t.Helper()
		if got := caretOf(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	f("", caret{})
	f("ser", caret{word: "ser"})
	f("service ", caret{wants: wantsOperator})
	f("service =", caret{wants: wantsValue, key: "service"})
	f("service = ", caret{wants: wantsValue, key: "service"})
	f("service = ch", caret{wants: wantsValue, key: "service", word: "ch"})
	f("service:ch", caret{wants: wantsValue, key: "service", word: "ch"})
	f(`service = "check o`, caret{wants: wantsValue, key: "service", word: "check o"})
	f(`service = "check\"o`, caret{wants: wantsValue, key: "service", word: `check"o`})
	f("service = checkout ", caret{wants: wantsJoin})
	f("service = checkout a", caret{word: "a", joined: true})
	f("service = checkout and ", caret{})
	f("service = checkout and dur", caret{word: "dur"})
	f("service = checkout and duration >= ", caret{wants: wantsValue, key: "duration"})
	f("(service = a or (", caret{})
	f("(service = a) ", caret{wants: wantsJoin})
	f("not ser", caret{word: "ser"})
	f("!ser", caret{word: "ser"})
	f("exists ht", caret{word: "ht"})
	f(`span."odd key" = `, caret{wants: wantsValue, key: `"odd key"`})
	f("peer.type = AWS::S3", caret{wants: wantsValue, key: "peer.type", word: "AWS::S3"})
	f("a=1 b=2 c", caret{word: "c", joined: true})
}

func TestReadingsOfAText(t *testing.T) {
	f := func(scope filter.Scope, text, want string) {
		t.Helper()
		var got []string
		for _, v := range readings(filter.Attr{Scope: scope, Key: "k"}, text) {
			got = append(got, filter.Compare{Attr: filter.Attr{Scope: filter.Span, Key: "k"}, Value: v}.String())
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
	f(filter.Span, "checkout", `k = checkout`)
	f(filter.Span, "503", `k = 503; k = "503"`)
	f(filter.Span, "007", `k = "007"`)
	f(filter.Span, "true", `k = true; k = "true"`)
	f(filter.Span, "12.5", `k = 12.5; k = "12.5"`)
	f(filter.Span, "NaN", `k = NaN`)
	f(filter.Span, "a b", `k = "a b"`)
	f(filter.Intrinsic, "503", `k = "503"`)
}

func FuzzCaret(f *testing.F) {
	for _, s := range []string{"service = ", `a="b\`, "((((", "!~:=", "\xff`"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) { caretOf(text) }) // ends, and does not panic
}

func TestCursorComesBack(t *testing.T) {
	c := traces.Cursor{Start: time.Unix(0, 1777886000123456789).UTC(), TraceID: [16]byte{1, 2, 15: 255}}
	back, err := parseCursor(cursorText(c))
	if err != nil || back != c {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{"", "x", "AAAA", cursorText(c) + "A", "!!!!"} {
		if got, err := parseCursor(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}
