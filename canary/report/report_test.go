package report

import (
	"testing"

	"github.com/sightline/sightline/canary/content"
)

func TestExitCodes(t *testing.T) {
	f := func(want int, acknowledged int, found ...Category) {
		t.Helper()
		r := New("r")
		r.Signals[content.Traces].Acknowledged = acknowledged
		for _, c := range found {
			r.Checked("an API", []Finding{{Category: c}})
		}
		r.End()
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
