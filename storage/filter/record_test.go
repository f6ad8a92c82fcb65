package filter_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sightline/sightline/storage/filter"
)

func checkRecordRoundTrip(t *testing.T, e filter.Expr) {
	t.Helper()
	again, err := filter.ParseRecord(e.String())
	if err != nil || !reflect.DeepEqual(again, e) {
		t.Fatalf("%s is read as %#v, %v; want %#v", e, again, err, e)
	}
}

func TestParseRecordTakesTheValidList(t *testing.T) {
	script(t, "record_valid.txt", func(input string) string {
		e, err := filter.ParseRecord(input)
		if err != nil {
			t.Fatalf("parse %q: %v", input, err)
		}
		checkRecordRoundTrip(t, e)
		return e.String()
	})
}

func TestParseRecordRefusesTheInvalidList(t *testing.T) {
	script(t, "record_invalid.txt", func(input string) string {
		e, err := filter.ParseRecord(input)
		if err == nil {
			t.Fatalf("parse %q gave %s", input, e)
		}
		return err.Error()
	})
}

// TestAttributesPrintAlikeForAllItems: the text of an attribute means the same to spans and to records.
func TestAttributesPrintAlikeForAllItems(t *testing.T) {
	for _, f := range slices.Concat(filter.Fields(), filter.RecordFields()) {
		e := filter.Exists{Attr: filter.Attr{Scope: filter.Span, Key: f.Name}}
		for _, parse := range []func(string) (filter.Expr, error){filter.Parse, filter.ParseRecord} {
			if got, err := parse(e.String()); err != nil || !reflect.DeepEqual(got, e) {
				t.Errorf("%s is read as %#v, %v", e, got, err)
			}
		}
	}
}

func TestInnerWords(t *testing.T) {
	f := func(pattern filter.Pattern, want ...string) {
		t.Helper()
		if got := pattern.InnerWords(); !slices.Equal(got, want) {
			t.Errorf("inner words of %s are %q, want %q", pattern, got, want)
		}
	}
	f("timeout")
	f("connection refused")
	f("a Connection refused b", "connection", "refused")
	f("*order *3f2a-BEEF-01*", "beef")
	f(" x ", "x")
	f("a größe-ÄB c", "größe", "Äb")
	f("")
	f("--")
}

func FuzzParseRecord(f *testing.F) {
	for _, seed := range []string{"severity >= warn", `word = "a b"`, "body = *x* or not trace_id", "span.body = 1", "level:error timeout"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := filter.ParseRecord(text)
		if err == nil && e != nil && len(e.String()) <= filter.MaxLength && !strings.Contains(text, "\x00") {
			checkRecordRoundTrip(t, e)
		}
	})
}
