package filter_test

import (
	"bufio"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sightline/sightline/storage/filter"
)

var update = flag.Bool("update", false, "rewrite testdata")

// script runs f over the inputs of a list in testdata and compares what it says with the indented line below each.
func script(t *testing.T, name string, f func(input string) string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	inputs := 0
	for scan := bufio.NewScanner(strings.NewReader(string(old))); scan.Scan(); {
		line := scan.Text()
		if strings.HasPrefix(line, "\t") {
			continue
		}
		b.WriteString(line + "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		inputs++
		b.WriteString("\t" + f(line) + "\n")
	}
	if inputs < 20 {
		t.Fatalf("%s holds %d inputs only", path, inputs)
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, got := strings.Split(string(old), "\n"), strings.Split(b.String(), "\n")
	for i := range got {
		if i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s:%d: got %q; see -update", path, i+1, got[i])
		}
	}
}

func TestParseTakesTheValidList(t *testing.T) {
	script(t, "valid.txt", func(input string) string {
		e, err := filter.Parse(input)
		if err != nil {
			t.Fatalf("parse %q: %v", input, err)
		}
		checkRoundTrip(t, e)
		return e.String()
	})
}

func TestParseRefusesTheInvalidList(t *testing.T) {
	script(t, "invalid.txt", func(input string) string {
		e, err := filter.Parse(input)
		if err == nil {
			t.Fatalf("parse %q gave %s", input, e)
		}
		var parseError *filter.Error
		if !errors.As(err, &parseError) || parseError.Pos < 0 || parseError.Pos > len(input) {
			t.Fatalf("parse %q: %#v", input, err)
		}
		return err.Error()
	})
}

func TestParseLimits(t *testing.T) {
	f := func(input, want string) {
		t.Helper()
		_, err := filter.Parse(input)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("parse of %d bytes: %v, want %q", len(input), err, want)
		}
	}
	f("", "")
	f(" \t\n", "")
	f(strings.Repeat("(", 100)+"a"+strings.Repeat(")", 100), "")
	f(strings.Repeat("(", 101)+"a"+strings.Repeat(")", 101), "at 100: the filter is nested deeper than 100")
	f(strings.Repeat("!", 101)+"a", "at 100: the filter is nested deeper than 100")
	f(strings.Repeat("not ", 101)+"a", "nested deeper")
	f(strings.Repeat("(a) ", 200), "")
	f(strings.Repeat("a", filter.MaxLength), "")
	f(strings.Repeat("a", filter.MaxLength+1), "longer than 16384 bytes")
	f("a\xff", "at 1: the filter is not valid UTF-8")
}

func TestExprsBuiltByHandPrintAndParse(t *testing.T) {
	f := func(e filter.Expr, want string) {
		t.Helper()
		if got := e.String(); got != want {
			t.Errorf("printed %s, want %s", got, want)
		}
		checkRoundTrip(t, e)
	}
	attr := func(scope filter.Scope, key string) filter.Attr { return filter.Attr{Scope: scope, Key: key} }
	eq := func(a filter.Attr, v filter.Value) filter.Expr { return filter.Compare{Attr: a, Value: v} }
	f(eq(attr(filter.Span, "service"), filter.StringValue("x")), `span.service = x`)
	f(eq(attr(filter.Span, "resource.x"), filter.IntValue(-5)), `span.resource.x = -5`)
	f(eq(attr(filter.Span, ".x"), filter.FloatValue(3)), `span.".x" = 3.0`)
	f(eq(attr(filter.Span, "or"), filter.FloatValue(1e300)), `span."or" = 1e+300`)
	f(eq(attr(filter.Event, "name"), filter.StringValue("*")), `event."name" = "\*"`)
	f(eq(attr(filter.Any, "k8s.pod"), filter.StringValue("and")), `.k8s.pod = "and"`)
	f(eq(attr(filter.Any, "a*"), filter.StringValue("5")), `."a\*" = "5"`)
	f(filter.Exists{Attr: attr(filter.Span, "plain")}, `exists plain`)
	f(filter.Text{Pattern: filter.Literal("50*")}, `"50\*"`)
	f(filter.AllOf(nil, filter.AnyOf(filter.Text{Pattern: "a"}, filter.Text{Pattern: "b"}), filter.AllOf(filter.Text{Pattern: "c"})), `("a" or "b") and "c"`)
	if e := filter.AllOf(nil, nil); e != nil {
		t.Errorf("AllOf of nothing is %v", e)
	}
	if e := filter.AnyOf(filter.Text{Pattern: "a"}, nil); e != nil {
		t.Errorf("AnyOf with everything is %v", e)
	}
}

func TestPatternMatchesAndPrintsAsLike(t *testing.T) {
	f := func(pattern filter.Pattern, like, matches, fails string) {
		t.Helper()
		if got := pattern.Like(); got != like {
			t.Errorf("%s as LIKE is %s, want %s", pattern, got, like)
		}
		if !pattern.Match(matches) || pattern.Match(fails) {
			t.Errorf("%s: %q is %v, %q is %v", pattern, matches, pattern.Match(matches), fails, pattern.Match(fails))
		}
	}
	f(`a*`, `a%`, "a", "ba")
	f(`*a*b`, `%a%b`, "xaab", "xba")
	f(`a*a`, `a%a`, "aa", "a")
	f(`100\*_%\\`, `100*\_\%\\`, `100*_%\`, `100__%\`)
	f(`a`, `a`, "a", "ab")
}

func checkRoundTrip(t testing.TB, e filter.Expr) {
	t.Helper()
	again, err := filter.Parse(e.String())
	if err != nil {
		t.Fatalf("parse printed %q: %v", e.String(), err)
	}
	if !reflect.DeepEqual(e, again) {
		t.Fatalf("%q parses as\n%#v, it was\n%#v", e.String(), again, e)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"valid.txt", "invalid.txt"} {
		list, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(list)) {
			f.Add(strings.TrimSpace(line))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := filter.Parse(text)
		if err != nil {
			var parseError *filter.Error
			if !errors.As(err, &parseError) || parseError.Pos < 0 || parseError.Pos > len(text) {
				t.Fatalf("error of %q: %#v", text, err)
			}
			return
		}
		if e == nil || len(e.String()) > filter.MaxLength { // canonical text may be longer than what was typed
			return
		}
		checkRoundTrip(t, e)
	})
}
