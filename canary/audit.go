package canary

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/sightline/sightline/canary/content"
)

// audit looks at rounds as a whole: that all their items are in the lists once and no others, and that services and map have counted
// them. Beyond the rounds the run has sent nothing in their minutes.
func (c *checker) audit(ctx context.Context, states map[int64]map[signal]string, deadline, rolledUp time.Time) {
	seqs := slices.Sorted(maps.Keys(states))
	first, last := seqs[0], seqs[len(seqs)-1]
	var acked, sent content.Edges
	for _, seq := range seqs {
		edges := c.run.Edges(seq)
		sent.Add(edges)
		if states[seq][traces] == stateAcked {
			acked.Add(edges)
		}
	}
	any := func(s signal) bool {
		return slices.ContainsFunc(seqs, func(seq int64) bool { return states[seq][s] == stateAcked })
	}
	c.until(ctx, deadline, c.listAll(states, first, last))
	c.until(ctx, deadline, c.listAllLogs(states, first, last))
	c.until(ctx, deadline, c.listPoints(states, first, last))
	if any(metrics) {
		c.until(ctx, deadline, c.listMetrics(first, last))
	}
	for s := range signals {
		c.until(ctx, deadline, c.checkBooks(s))
	}
	c.until(ctx, rolledUp, c.checkServices(first, last, acked, sent))
	c.until(ctx, rolledUp, c.checkMap(first, last, acked, sent))
}

// listAll reads the list of all spans of the run in the time of rounds.
func (c *checker) listAll(states map[int64]map[signal]string, first, last int64) check {
	return check{api: apiSpans, signal: traces, item: c.run.ID(), ask: func(ctx context.Context) ([]Finding, error) {
		there := map[string]map[string]int{} // trace, span: how often
		q := "canary.run = " + strconv.Quote(c.run.ID())
		err := c.listSpans(ctx, q, first, last, func(trace, span string) {
			if there[trace] == nil {
				there[trace] = map[string]int{}
			}
			there[trace][span]++
		})
		if err != nil {
			return nil, err
		}
		var found []Finding
		for _, seq := range slices.Sorted(maps.Keys(states)) {
			id := content.ID(c.run.TraceID(seq))
			s := newSeen(MissingSpans, spansOf(c.run.Traces(seq)))
			for span, n := range there[id] {
				for range n {
					s.one(c.run, span, nil)
				}
			}
			delete(there, id)
			for _, f := range s.findings(states[seq][traces] == stateAcked) {
				f.Item, f.Detail = id, fmt.Sprintf("%s (round %d)", f.Detail, seq)
				found = append(found, f)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(there)) {
			found = append(found, Finding{Category: NeverSent, Item: id, Detail: "the trace carries the run's name and was never sent"})
		}
		return found, nil
	}}
}
