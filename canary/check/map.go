package check

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// wholeMinutes are the parameters of a range that figures by the minute are exact for.
func (c *Checker) wholeMinutes(first, last int64) url.Values {
	from, to := c.Run.At(first).Truncate(time.Minute), c.Run.At(last).Truncate(time.Minute).Add(time.Minute)
	return url.Values{"from": {nanos(from)}, "to": {nanos(to)}}
}

// count compares requests with at least what was acknowledged, and at most what was sent.
func count(what string, have float64, acked, sent int, missing, wrong report.Category) []report.Finding {
	n := int(math.Round(have))
	switch {
	case n < acked:
		return []report.Finding{{Category: missing, Item: what, Detail: fmt.Sprintf("%d requests where %d were acknowledged", n, acked)}}
	case n > sent:
		return []report.Finding{{Category: wrong, Item: what, Detail: fmt.Sprintf("%d requests where %d were sent", n, sent)}}
	}
	return nil
}

// checkServices wants the run's services with their requests, over rounds from first to last.
func (c *Checker) checkServices(first, last int64, acked, sent content.Edges) check {
	return check{api: apiService, signal: content.Traces, item: c.Run.ID(), ask: func(ctx context.Context) ([]report.Finding, error) {
		var answer struct {
			Services []struct {
				Name, Env string
				Stats     struct{ Requests float64 }
			}
		}
		if err := c.API.Get(ctx, "/api/services", c.wholeMinutes(first, last), &answer); err != nil {
			return nil, err
		}
		web, orders := c.Run.Services()
		requests := map[string]float64{}
		for _, s := range answer.Services {
			if s.Env == content.Env {
				requests[s.Name] += s.Stats.Requests
			}
		}
		return slices.Concat(
			count(web, requests[web], acked.Entry, sent.Entry, report.ServiceMissing, report.ServiceWrong),
			count(orders, requests[orders], acked.Calls, sent.Calls, report.ServiceMissing, report.ServiceWrong),
		), nil
	}}
}

// checkMap wants the run's connections with their requests, over rounds from first to last.
func (c *Checker) checkMap(first, last int64, acked, sent content.Edges) check {
	return check{api: apiMap, signal: content.Traces, item: c.Run.ID(), ask: func(ctx context.Context) ([]report.Finding, error) {
		var answer struct {
			Nodes []struct{ ID, Kind, Name string }
			Edges []struct {
				Source, Target string
				Stats          struct{ Requests float64 }
			}
		}
		params := c.wholeMinutes(first, last)
		params.Set("env", content.Env)
		if err := c.API.Get(ctx, "/api/map", params, &answer); err != nil {
			return nil, err
		}
		names := map[string]string{}
		for _, n := range answer.Nodes {
			names[n.ID] = n.Kind + " " + n.Name
		}
		requests := map[string]float64{}
		for _, e := range answer.Edges {
			requests[names[e.Source]+" > "+names[e.Target]] += e.Stats.Requests
		}
		web, orders := c.Run.Services()
		var found []report.Finding
		edge := func(from, to string, acked, sent int) {
			found = append(found, count(from+" > "+to, requests[from+" > "+to], acked, sent, report.MapMissing, report.MapWrong)...)
		}
		edge("client "+web, "service "+web, acked.Entry, sent.Entry)
		edge("service "+web, "service "+orders, acked.Calls, sent.Calls)
		edge("service "+orders, "inferred "+c.Run.Database(), acked.Queries, sent.Queries)
		return found, nil
	}}
}

// checkBooks wants the accounts of a signal to add up, whoever sent what is in them.
func (c *Checker) checkBooks(s content.Signal) check {
	return check{api: apiStatus, signal: s, item: s.String(), ask: func(ctx context.Context) ([]report.Finding, error) {
		var answer struct {
			Ingest map[string]struct {
				Received, Stored, Deduplicated uint64
				InJournal                      uint64 `json:"in_journal"`
				DeadLetter                     uint64 `json:"dead_letter"`
				Rejected                       map[string]uint64
				Dropped                        map[string]int64 `json:"dropped_by_pipeline"` // below 0 where a processor makes items
			}
		}
		if err := c.API.Get(ctx, "/api/status", nil, &answer); err != nil {
			return nil, err
		}
		b, ok := answer.Ingest[s.String()]
		if !ok {
			return nil, nil // this instance takes none
		}
		rejected, dropped := uint64(0), int64(0)
		for _, n := range b.Rejected {
			rejected += n
		}
		for _, n := range b.Dropped {
			dropped += n
		}
		if sum := b.Stored + rejected + uint64(dropped) + b.Deduplicated + b.InJournal + b.DeadLetter; sum != b.Received {
			return []report.Finding{{Category: report.BooksWrong, Detail: fmt.Sprintf("%d received, and %d stored, %d rejected, %d dropped by the pipeline, %d deduplicated, %d in the journal, %d dead letters make %d",
				b.Received, b.Stored, rejected, dropped, b.Deduplicated, b.InJournal, b.DeadLetter, sum)}}, nil
		}
		return nil, nil
	}}
}
