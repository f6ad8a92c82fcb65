package traceql_test

import (
	"strings"
	"testing"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
)

func TestCaret(t *testing.T) {
	f := func(text string, want traceql.Caret) {
		t.Helper()
		if got := traceql.CaretAt(text); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	c := func(wants traceql.Wants, word, key, of string) traceql.Caret {
		return traceql.Caret{Wants: wants, Word: word, Key: key, Func: of}
	}
	f("", c(traceql.WantsSpans, "", "", ""))
	f("{", c(traceql.WantsKey, "", "", ""))
	f("{ ", c(traceql.WantsKey, "", "", ""))
	f("{ span.ht", c(traceql.WantsKey, "span.ht", "", ""))
	f("{ !.fl", c(traceql.WantsKey, ".fl", "", ""))
	f("{ (span.ht", c(traceql.WantsKey, "span.ht", "", ""))
	f(`{ span."a b`, c(traceql.WantsKey, `span."a b`, "", ""))
	f("{ status ", c(traceql.WantsOperator, "", "status", ""))
	f("{ status =", c(traceql.WantsValue, "", "status", ""))
	f("{ status = e", c(traceql.WantsValue, "e", "status", ""))
	f("{ status=e", c(traceql.WantsValue, "e", "status", ""))
	f(`{ name =~ "GET /`, c(traceql.WantsValue, "GET /", "name", ""))
	f(`{ name = "GET" `, c(traceql.WantsJoin, "", "", ""))
	f("{ status = error ", c(traceql.WantsJoin, "", "", ""))
	f("{ status = error && ", c(traceql.WantsKey, "", "", ""))
	f("{ status = error && dur", c(traceql.WantsKey, "dur", "", ""))
	f("{ status = error } ", c(traceql.WantsNext, "", "", ""))
	f("{ } >> ", c(traceql.WantsSpans, "", "", ""))
	f("{ } | ", c(traceql.WantsStage, "", "", ""))
	f("{ } | co", c(traceql.WantsStage, "co", "", ""))
	f("{ } | count(", c(traceql.WantsNothing, "", "", ""))
	f("{ } | count() ", c(traceql.WantsNext, "", "", "count"))
	f("{ } | count() > ", c(traceql.WantsNothing, "", "", ""))
	f("{ } | by(", c(traceql.WantsAttr, "", "", "by"))
	f("{ } | select(name, res", c(traceql.WantsAttr, "res", "", ""))
	f("{ } | rate() by (", c(traceql.WantsAttr, "", "", "by"))
	f("({ } | count()) > ({ .", c(traceql.WantsKey, ".", "", ""))
	f("// all of them\n{ } | ", c(traceql.WantsStage, "", "", ""))
	f("{ /* .a */ status ", c(traceql.WantsOperator, "", "status", ""))
	f("{ status = error // and ", c(traceql.WantsNothing, "", "", ""))
	f("{ status /* = ", c(traceql.WantsNothing, "", "", ""))
}

func FuzzCaret(f *testing.F) {
	for _, line := range append(lines(f, "testdata/valid.txt"), lines(f, "testdata/invalid.txt")...) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c := traceql.CaretAt(text); len(c.Word) > len(text) || !strings.Contains(text, c.Key) {
			t.Errorf("%q: %+v", text, c)
		}
	})
}

func TestNamed(t *testing.T) {
	f := func(name string, want filter.Attr, keywords string, ok bool) {
		t.Helper()
		if got, words, is := traceql.Named(name); got != want || strings.Join(words, " ") != keywords || is != ok {
			t.Errorf("%s: %v %v %t", name, got, words, is)
		}
	}
	f("status", filter.Attr{}, "error ok unset", true)
	f("name", filter.Attr{Key: filter.Name}, "", true)
	f("rootServiceName", filter.Attr{Key: filter.Service}, "", true)
	f("resource.service.name", filter.Attr{Key: filter.Service}, "", true)
	f("span.http.route", filter.Attr{Scope: filter.Span, Key: "http.route"}, "", true)
	f("parent.span.http.route", filter.Attr{Scope: filter.Span, Key: "http.route"}, "", true)
	f(`span."a b"`, filter.Attr{Scope: filter.Span, Key: "a b"}, "", true)
	f(".region", filter.Attr{Scope: filter.Any, Key: "region"}, "", true)
	f("nestedSetLeft", filter.Attr{}, "", false)
	f("nonsense", filter.Attr{}, "", false)
	f("a b", filter.Attr{}, "", false)
}
