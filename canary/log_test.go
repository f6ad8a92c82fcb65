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
	write(entry{Seq: 7, Signal: "traces", State: content.Sending}, entry{Seq: 7, Signal: "traces", State: content.Acked}, entry{Seq: 7, Signal: "logs", State: content.Sending})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1; cut < len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		write(entry{Seq: 8, Signal: "metrics", State: content.Acked})
		all, err := readLog(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if len(all) != 1 || all[0].run != run {
			t.Fatalf("cut at %d: %d runs", cut, len(all))
		}
		states := all[0].fates
		if states[7][content.Traces] != content.Acked || states[8][content.Metrics] != content.Acked {
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
		c := &canary{cfg: Config{LogFile: path}, run: content.Run{Seed: "a", Interval: time.Second}}
		if err := c.begin(); err == nil {
			t.Errorf("a canary writes into %q", text)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != text {
			t.Errorf("%q is now %q, %v", text, after, err)
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
