package timeline

import (
	"fmt"
	"time"
)

// Warning tells the reader of a timeline what to keep in mind. Codes are part of the HTTP API.
type Warning struct{ Code, Message string }

// warn collects what was found while building.
func (t *Timeline) warn(skew skewNotes) {
	var orphans, roots, parentless, cycles, duplicates, open int // roots are those that are their own parent, too
	for i := range t.Rows {
		r := &t.Rows[i]
		orphans += int(r.Flags & Orphan / Orphan)
		cycles += int(r.Flags & CycleBroken / CycleBroken)
		duplicates += int(r.Flags & Duplicate / Duplicate)
		open += int(r.Flags & InProgress / InProgress)
		if t.root(r) {
			roots++
			if t.node(r).ParentID == 0 {
				parentless++
			}
		}
	}
	add := func(code, format string, args ...any) {
		t.Warnings = append(t.Warnings, Warning{code, fmt.Sprintf(format, args...)})
	}
	if roots == 0 {
		add("missing_root", "The root span is not here: it has not arrived, was not sampled, or is past its retention.")
	}
	if parentless > 1 {
		add("several_roots", "%s no parent; the first in time stands for the trace.", count(parentless, "span has", "spans have"))
	}
	if orphans > 0 {
		shown := "they are"
		if orphans == 1 {
			shown = "it is"
		}
		add("orphans", "%s a parent that is not here; %s shown at the top level.", count(orphans, "span names", "spans name"), shown)
	}
	if skew.shifted > 0 {
		add("clock_skew", "%s shifted by up to %s, because clocks of hosts differ.", count(skew.shifted, "span was", "spans were"), round(skew.most))
	}
	if skew.refused > 0 {
		add("clock_skew_too_large", "%s at an impossible time, by up to %s, which is too much to correct.", count(skew.refused, "span stands", "spans stand"), round(skew.refusedBy))
	}
	if cycles > 0 {
		add("cycle", "%s at the top level, because the parent named is no other than the span or lies below it.", count(cycles, "span is shown", "spans are shown"))
	}
	if duplicates > 0 {
		add("duplicate_span_ids", "%s an id with another of this trace.", count(duplicates, "span shares", "spans share"))
	}
	if open > 0 {
		add("in_progress", "%s not ended yet.", count(open, "span has", "spans have"))
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// round keeps about three digits.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}
