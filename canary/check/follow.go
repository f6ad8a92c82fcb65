package check

import (
	"context"
	"time"

	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// Follow looks for what one request brought, by one API after the other.
func (c *Checker) Follow(ctx context.Context, seq int64, s content.Signal, acked bool, since, deadline time.Time) {
	if well := c.until(ctx, deadline, c.ahead().find(seq, s, acked)); !well.IsZero() && !since.IsZero() {
		c.Report.Of(s, func(r *report.Signal) { r.SeenAfter(well.Sub(since)) })
	}
	for _, k := range c.read(seq, s, acked) {
		c.until(ctx, deadline, k)
	}
	if ctx.Err() == nil {
		c.Report.Of(s, func(r *report.Signal) { r.Checked++ })
	}
}

// find is the check that says when a request is visible.
func (c *Checker) find(seq int64, s content.Signal, acked bool) check {
	switch s {
	case content.Traces:
		return c.findTrace(seq, acked)
	case content.Logs:
		return c.findLogs(seq, acked)
	}
	return c.findPoint(seq, acked)
}

// read are the other checks of a request.
func (c *Checker) read(seq int64, s content.Signal, acked bool) []check {
	switch s {
	case content.Traces:
		return c.readTrace(seq, acked)
	case content.Logs:
		return c.readLogs(seq, acked)
	}
	return []check{c.readPoints(seq, acked)}
}
