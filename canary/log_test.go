package canary

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/canary/content"
)

func TestLogSurvivesTheDeathOfItsWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	run := content.Run{Seed: "a", Interval: time.Second}
	write := func(lines ...entry) {
		t.Helper()
		l, err := OpenLog(path, run)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.write(true, lines...); err != nil {
			t.Fatal(err)
		}
	}
	write(entry{Seq: 7, Signal: "traces", State: stateSending}, entry{Seq: 7, Signal: "traces", State: stateAcked}, entry{Seq: 7, Signal: "logs", State: stateSending})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1; cut < len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		write(entry{Seq: 8, Signal: "metrics", State: stateAcked})
		all, err := readLog(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if len(all) != 1 || all[0].run != run {
			t.Fatalf("cut at %d: %d runs", cut, len(all))
		}
		states := all[0].states
		if states[7][traces] != stateAcked || states[8][metrics] != stateAcked {
			t.Errorf("cut at %d: %v", cut, states)
		}
	}
}

func TestLogThatIsNone(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readLog(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	header := `{"canary":1,"seed":"a","interval_ns":1000000000}` + "\n"
	f("", "is no canary's log")
	f(`{"seq":1,"signal":"traces","state":"acked"}`, "line 1")
	f(header+`{"seq":1,"signal":"profiles","state":"acked"}`, "line 2")
	f(header+"{\"seq\":1,\"sig\n"+`{"seq":2,"signal":"traces","state":"acked"}`, "line 2")
	f(`{"canary":2,"seed":"a","interval_ns":1000000000}`, "newer version")
	f(`{"canary":1,"seed":"a","interval_ns":7000000}`, "divide a minute")
}

func TestExitCodes(t *testing.T) {
	f := func(want int, acknowledged int, found ...Category) {
		t.Helper()
		r := newReport("r")
		r.Signals[traces].Acknowledged = acknowledged
		for _, c := range found {
			r.checked("an API", []Finding{{Category: c}})
		}
		r.end()
		if got := r.ExitCode(); got != want {
			t.Errorf("%d acknowledged, %v: status %d, want %d (%s)", acknowledged, found, got, want, r.Verdict)
		}
	}
	f(0, 1)
	f(2, 0)
	f(1, 1, MissingSpans)
	f(1, 1, MissingSpans, ReadFailed)
	f(2, 1, ReadFailed)
	f(2, 1, NotAccepted)
	f(1, 0, Rejected)
}
