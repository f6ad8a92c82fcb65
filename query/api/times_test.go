package api_test

import (
	"testing"
	"time"

	"github.com/sightline/sightline/query/api"
)

var now = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

func TestTimesInEverySpelling(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, err := api.ParseTime(text, now)
		if err != nil {
			t.Errorf("ParseTime(%q): %v", text, err)
			return
		}
		if s := got.Format(time.RFC3339Nano); s != want {
			t.Errorf("ParseTime(%q) = %s, want %s", text, s, want)
		}
	}
	f("now", "2026-05-04T10:00:00Z")
	f("now-15m", "2026-05-04T09:45:00Z")
	f("now+1h30m", "2026-05-04T11:30:00Z")
	f("now 30s", "2026-05-04T10:00:30Z") // an unescaped +
	f("now-1d", "2026-05-03T10:00:00Z")
	f("now-2w", "2026-04-20T10:00:00Z")
	f("2026-05-04T09:30:00Z", "2026-05-04T09:30:00Z")
	f("2026-05-04T11:30:00.123456789+02:00", "2026-05-04T09:30:00.123456789Z")
	f("1777886000", "2026-05-04T09:13:20Z")
	f("1777886000.25", "2026-05-04T09:13:20.25Z")
	f("1777886000.123456789123", "2026-05-04T09:13:20.123456789Z")
	f("1777886000123", "2026-05-04T09:13:20.123Z")
	f("1777886000123456", "2026-05-04T09:13:20.123456Z")
	f("1777886000123456789", "2026-05-04T09:13:20.123456789Z")
	f("0", "1970-01-01T00:00:00Z")
}

func TestTimesThatAreNone(t *testing.T) {
	for _, text := range []string{
		"", "yesterday", "now-", "now15m", "now-15", "now-15x", "now-m", "now-1h30", "now--1h", "now-99999999w", "now-1.5h",
		"1.2.3", "1777886000123.5", "1777886000.", ".5.", ".", "99999999999", "99999999999999999999", "-5", "1e9",
		"2026-05-04", "2026-05-04 10:00:00", "2026-13-04T10:00:00Z", "1677-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "0x10",
	} {
		if got, err := api.ParseTime(text, now); err == nil {
			t.Errorf("ParseTime(%q) = %s, want an error", text, got)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"now-15m", "2026-05-04T09:30:00Z", "1777886000.25", "now+1d2h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := api.ParseTime(text, now)
		if err == nil && (got.Year() < 1900 || got.Year() > 2262 || got.Location() != time.UTC) {
			t.Errorf("ParseTime(%q) = %s", text, got)
		}
	})
}
