package traceql_test

import (
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/sightline/sightline/query/traceql"
)

// lines of a file, without comments.
func lines(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

func TestValid(t *testing.T) {
	for _, line := range lines(t, "testdata/valid.txt") {
		text, want, other := strings.Cut(line, "  => ")
		if !other {
			want = text
		}
		q, err := traceql.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := q.String(); got != want {
			t.Errorf("%s\n prints %s\n want   %s", text, got, want)
		}
		again(t, q)
	}
}

// again checks that what a query prints is read as the same query.
func again(t *testing.T, q *traceql.Query) {
	t.Helper()
	text := q.String()
	second, err := traceql.Parse(text)
	if err != nil {
		t.Fatalf("%s can't be read again: %v", text, err)
	}
	if !reflect.DeepEqual(q, second) || second.String() != text {
		t.Fatalf("%s is read as %s", text, second)
	}
}

func TestInvalid(t *testing.T) {
	for _, line := range lines(t, "testdata/invalid.txt") {
		i := strings.LastIndex(line, " # ")
		text, rest := line[:i], line[i+3:]
		offset, words, _ := strings.Cut(rest, " ")
		want, _ := strconv.Atoi(offset)
		q, err := traceql.Parse(text)
		var bad *traceql.Error
		switch {
		case err == nil:
			t.Errorf("%s is read as %s", text, q)
		case !errors.As(err, &bad):
			t.Errorf("%s: %T", text, err)
		case bad.Offset != want || !strings.Contains(bad.Msg, words):
			t.Errorf("%s: at %d: %s\n want at %d: ...%s", text, bad.Offset, bad.Msg, want, words)
		}
	}
}

func TestLimitsOfText(t *testing.T) {
	for name, text := range map[string]string{
		"long":         "{ .a = \"" + strings.Repeat("x", traceql.MaxLength) + "\" }",
		"deep":         "{ " + strings.Repeat("(", 200) + ".a" + strings.Repeat(")", 200) + " }",
		"deep signs":   "{ " + strings.Repeat("!", 5000) + ".a }",
		"deep sets":    strings.Repeat("(", 5000) + "{}",
		"deep numbers": "{} | " + strings.Repeat("(", 5000) + "1",
		"not UTF-8":    "{ .a = \"\xff\" }",
	} {
		if _, err := traceql.Parse(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range lines(f, "testdata/valid.txt") {
		text, _, _ := strings.Cut(line, "  => ")
		f.Add(text)
	}
	for _, line := range lines(f, "testdata/invalid.txt") {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := traceql.Parse(text)
		if err == nil {
			again(t, q)
			return
		}
		var bad *traceql.Error
		if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > len(text) || bad.Msg == "" {
			t.Fatalf("%q: %#v", text, err)
		}
	})
}
