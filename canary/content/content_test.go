package content

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
)

var run = Run{Seed: "a test", Interval: time.Second}

const seq = 1_795_385_247

func spans(t *testing.T, r Run, seq int64) []Fields {
	t.Helper()
	var all []Fields
	for _, rs := range r.Traces(seq).ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				all = append(all, SpanFields(rs.Resource, ss.Scope, s))
			}
		}
	}
	return all
}

// TestContentIsTheSameInEveryVersion: a log is verified by later versions than the one that has written it.
func TestContentIsTheSameInEveryVersion(t *testing.T) {
	for name, m := range map[string]proto.Message{"traces": run.Traces(seq), "logs": run.Logs(seq), "metrics": run.Metrics(seq)} {
		body, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		want := map[string]string{
			"traces": "aa74ef7dc15ea6de", "logs": "5cf320d9e411dcf4", "metrics": "83a53b3a546c860c",
		}[name]
		if got := hex.EncodeToString(sum[:8]); got != want {
			t.Errorf("%s of round %d hash to %s, once to %s: give new content a new format number in the log", name, seq, got, want)
		}
	}
}

func TestRoundsAreWhatTheySay(t *testing.T) {
	seen := map[string]bool{}
	for n := range int64(200) {
		all := spans(t, run, seq+n)
		if want := run.Items(seq+n, Traces); len(all) != want {
			t.Fatalf("round %d has %d spans, says %d", n, len(all), want)
		}
		calls := 0
		for _, f := range all {
			if !run.Signed(f) {
				t.Errorf("%v is not signed", f)
			}
			if f["trace id"] != ID(run.TraceID(seq+n)) {
				t.Errorf("trace id is %s", f["trace id"])
			}
			if seen[f["span id"]] {
				t.Errorf("span id %s again", f["span id"])
			}
			seen[f["span id"]] = true
			if f["name"] == "SELECT orders" {
				calls++
			}
			if from, to := fmt.Sprint(run.At(seq+n).UnixNano()), fmt.Sprint(run.At(seq+n+1).UnixNano()); f["start"] < from || f["start"] >= to {
				t.Errorf("a span of the round from %s to %s starts at %s", from, to, f["start"])
			}
		}
		if e := run.Edges(seq + n); e != (Edges{1, calls, calls}) {
			t.Errorf("round %d has %d calls, says %v", n, calls, e)
		}
	}
}

// TestSignatureIsOfAllThatThereIs: whatever of an item changes, it is not as it was signed.
func TestSignatureIsOfAllThatThereIs(t *testing.T) {
	sent := spans(t, run, seq)[0]
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		changed := maps.Clone(sent)
		changed[name] += "x"
		if run.Signed(changed) {
			t.Errorf("%s may change", name)
		}
		if d := Diff(sent, changed); len(d) != 1 || !strings.HasPrefix(d[0], name+" is") {
			t.Errorf("changed %s, Diff says %q", name, d)
		}
		delete(changed, name)
		if run.Signed(changed) {
			t.Errorf("%s may be gone", name)
		}
		if d := Diff(sent, changed); len(d) != 1 || !strings.HasPrefix(d[0], name+" is gone") {
			t.Errorf("took away %s, Diff says %q", name, d)
		}
	}
	more := maps.Clone(sent)
	more.Attr("attribute x", "string:y")
	if run.Signed(more) || len(Diff(sent, more)) != 1 {
		t.Error("something may be added")
	}
	if other := (Run{Seed: "another", Interval: time.Second}); other.Signed(sent) {
		t.Error("one run's items are another's")
	}
}

func TestNextRound(t *testing.T) {
	at := run.At(seq)
	if got := run.Next(at); got != seq+1 {
		t.Errorf("the next round after %d is %d", seq, got)
	}
	if got := run.Next(at.Add(-1)); got != seq {
		t.Errorf("the next round before %d is %d", seq, got)
	}
}
