package tempo

import (
	"strings"
	"testing"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
)

func TestTagsAreLogfmt(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		tags, err := parseTags(text)
		got := []string{}
		for _, one := range tags {
			got = append(got, one.key+"→"+one.value)
		}
		if err != nil {
			got = append(got, err.Error())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is %q, want %q", text, strings.Join(got, " "), want)
		}
	}
	f("", "")
	f(" a=b\tc.d=1 ", "a→b c.d→1")
	f(`a="x \"y\" \u00fc" b=`, `a→x "y" ü b→`)
	f(`a=x=y`, "a→x=y")
	f(`a`, `a key and = are expected at "a"`)
	f(`a=b c`, `a key and = are expected at "c"`)
	f(`=b`, `a key and = are expected at "=b"`)
	f(`a="b`, `a quote is not closed at "\"b"`)
}

func TestNarrowingIsWhatAFilterCanSay(t *testing.T) {
	f := func(query, want string) {
		t.Helper()
		got := ""
		if e := narrow(query); e != nil {
			got = e.String()
		}
		if got != want {
			t.Errorf("%s narrows to %s, want %s", query, got, want)
		}
	}
	f(``, ``)
	f(`{}`, ``)
	f(`{ resource.service.name = "a" && span.b != nil && .c > 5 }`, `service = a and exists b and .c > 5`)
	f(`{ resource.service.name =~ "a|b" }`, `service =~ "^(?:a|b)$"`)
	f(`{ status = error || kind = server }`, `status = error or kind = server`)
	f(`{ status = error || rootName = "x" }`, ``) // the trace's
	f(`{ status = error && rootName = "x" }`, `status = error`)
	f(`{ duration > 1s } | rate() by (name)`, `duration > 1s`)
	f(`{ nestedSetParent<0 && true }`, `root = true`)
	f(`{ parent.duration > 1s && !(name = "a") && duration > span.x }`, ``)
	f(`{ name = "a" } >> { name = "b" }`, ``)
	f(`{ span.a = "x" && span.b = `, `a = x`)
	f(`{ span.a = "}" && span.b = }`, `a = "}"`)
	f(`{ span.a = 1 && (span.b = 2 || span.c = 3) && . }`, `a = 1 and (b = 2 or c = 3)`)
	f(`{ span.a = 1 || span.b = `, ``)
	f(`no braces`, ``)
}

// FuzzRequestTexts reads what comes from outside: nothing panics, and what a query narrows to is a filter.
func FuzzRequestTexts(f *testing.F) {
	for _, s := range []string{`a=b c="d e"`, `{ span.a = "x" && resource.service.name =~ "a.*" && .b = }`, `{ kind = server || duration > 5ms }`, "{`", `span."a b"`, "1-6637a1b0-c4d5e6f708192a3b4c5d6e7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if tags, err := parseTags(text); err == nil {
			(&wanted{}).take(tags)
		}
		if e := narrow(text); e != nil {
			if _, err := filter.Parse(e.String()); err != nil {
				t.Errorf("%q narrows to %s: %v", text, e, err)
			}
		}
		identify(text)
		if id, err := traceID(text); err == nil && id.String() == strings.Repeat("0", 32) {
			t.Errorf("%q is a trace id", text)
		}
		if _, err := traceql.Parse(text); err != nil && !strings.HasPrefix(told(text, err).Error(), "invalid TraceQL query: parse error at line ") {
			t.Errorf("%q: %v", text, told(text, err))
		}
	})
}
