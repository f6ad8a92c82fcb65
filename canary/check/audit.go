package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// Audit looks at rounds as a whole: that all their items are in the lists once and no others, and that services and map have counted
// them. Beyond the rounds the run has sent nothing in their minutes.
func (c *Checker) Audit(ctx context.Context, states content.Fates, deadline, rolledUp time.Time) {
	seqs := slices.Sorted(maps.Keys(states))
	first, last := seqs[0], seqs[len(seqs)-1]
	var acked, sent content.Edges
	for _, seq := range seqs {
		edges := c.Run.Edges(seq)
		sent.Add(edges)
		if states[seq][content.Traces] == content.Acked {
			acked.Add(edges)
		}
	}
	any := func(s content.Signal) bool {
		return slices.ContainsFunc(seqs, func(seq int64) bool { return states[seq][s] == content.Acked })
	}
	c.until(ctx, deadline, c.listAll(states, first, last))
	c.until(ctx, deadline, c.listAllLogs(states, first, last))
	c.until(ctx, deadline, c.listPoints(states, first, last))
	if any(content.Metrics) {
		c.until(ctx, deadline, c.listMetrics(first, last))
	}
	for s := range content.Signals {
		c.until(ctx, deadline, c.checkBooks(s))
	}
	c.until(ctx, rolledUp, c.checkServices(first, last, acked, sent))
	c.until(ctx, rolledUp, c.checkMap(first, last, acked, sent))
}

// listAll reads the list of all spans of the run in the time of rounds.
func (c *Checker) listAll(states content.Fates, first, last int64) check {
	return check{api: apiSpans, signal: content.Traces, item: c.Run.ID(), ask: func(ctx context.Context) ([]report.Finding, error) {
		there := map[string]map[string]int{} // trace, span: how often
		q := "canary.run = " + strconv.Quote(c.Run.ID())
		err := c.listSpans(ctx, q, first, last, func(trace, span string) {
			if there[trace] == nil {
				there[trace] = map[string]int{}
			}
			there[trace][span]++
		})
		if err != nil {
			return nil, err
		}
		var found []report.Finding
		for _, seq := range slices.Sorted(maps.Keys(states)) {
			id := content.ID(c.Run.TraceID(seq))
			s := newSeen(report.MissingSpans, spansOf(c.Run.Traces(seq)))
			for span, n := range there[id] {
				for range n {
					s.one(c.Run, span, nil)
				}
			}
			delete(there, id)
			for _, f := range s.findings(states[seq][content.Traces] == content.Acked) {
				f.Item, f.Detail = id, fmt.Sprintf("%s (round %d)", f.Detail, seq)
				found = append(found, f)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(there)) {
			found = append(found, report.Finding{Category: report.NeverSent, Item: id, Detail: "the trace carries the run's name and was never sent"})
		}
		return found, nil
	}}
}
