package failpoint

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPointActsFromItsNthPassing(t *testing.T) {
	died := 0
	hook, err := parse("loader.insert.after=exit@3, journal.sync=exit", map[string]func(){"exit": func() { died++ }})
	if err != nil {
		t.Fatal(err)
	}
	for want, name := range []string{"loader.insert.after", "loader.insert.before", "loader.insert.after"} {
		hook(name)
		if died != 0 {
			t.Fatalf("acted at passing %d", want+1)
		}
	}
	hook("loader.insert.after")
	hook("journal.sync")
	if died != 2 {
		t.Fatalf("acted %d times, want 2", died)
	}
}

func TestSleepWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook, err := Parse("a=sleep:200ms")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		hook("b")
		hook("a")
		if got := time.Since(start); got != 200*time.Millisecond {
			t.Fatalf("slept %v", got)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want %q in it", text, err, want)
		}
	}
	f("a", "want name=action")
	f("=exit", "want name=action")
	f("a=explode", "want exit, kill or sleep")
	f("a=exit@0", "want a number from 1 on")
	f("a=sleep:soon", "want one such as")
	f("a=exit,,", "want name=action")
	if hook, err := Parse(" "); err != nil || hook == nil {
		t.Errorf("an empty text: %v", err)
	}
}
