package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sightline/sightline/canary/api"
	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// The APIs that are read about log records.
const (
	apiLogs      = "GET /api/logs?q="
	apiLog       = "GET /api/logs/{record_id}"
	apiTraceLogs = "GET /api/traces/{trace_id}/logs"
)

// record is one as the API has it; lists leave the resource out.
type record struct {
	ID           string
	Time         string `json:"time_unix_nano"`
	Observed     string `json:"observed_time_unix_nano"`
	TraceID      string `json:"trace_id"`
	SpanID       string `json:"span_id"`
	Flags        uint64
	Severity     int    `json:"severity_number"`
	SeverityText string `json:"severity_text"`
	EventName    string `json:"event_name"`
	Body         attribute
	Attributes   []attribute
	Dropped      uint64 `json:"dropped_attributes"`
	origin
}

func (r *record) fields() content.Fields {
	f := content.Fields{}
	r.origin.fields(f)
	f.Set("time", r.Time)
	f.Set("observed", r.Observed)
	f.Set("trace id", r.TraceID)
	f.Set("span id", r.SpanID)
	f.Set("flags", strconv.FormatUint(r.Flags, 10))
	f.Set("severity", strconv.Itoa(r.Severity))
	f.Set("severity text", r.SeverityText)
	f.Set("event name", r.EventName)
	f["body"] = r.Body.spelled()
	addAttributes(f, "attribute ", r.Attributes)
	f.Set("dropped attributes", strconv.FormatUint(r.Dropped, 10))
	return f
}

// itemOf is the name by which a record was sent.
func itemOf(f content.Fields) string {
	return strings.TrimPrefix(f["attribute canary.item"], "string:")
}

// recordsOf are the records of a round by item.
func (c *Checker) recordsOf(seq int64) map[string]content.Fields {
	records := map[string]content.Fields{}
	for _, r := range c.Run.Logs(seq).ResourceLogs {
		for _, s := range r.ScopeLogs {
			for _, l := range s.LogRecords {
				f := content.RecordFields(r.Resource, s.Scope, l)
				records[itemOf(f)] = f
			}
		}
	}
	return records
}

// listed is what a list shows of records: all but where they came from.
func listed(records map[string]content.Fields) map[string]content.Fields {
	for _, f := range records {
		maps.DeleteFunc(f, func(name, _ string) bool { return strings.HasPrefix(name, "resource") })
	}
	return records
}

// findLogs is the check that says when the records of a round are visible, with what a list shows of them.
func (c *Checker) findLogs(seq int64, acked bool) check {
	return check{api: apiLogs, signal: content.Logs, seq: seq, item: c.Run.Item(seq, 0), ask: func(ctx context.Context) ([]report.Finding, error) {
		s := newSeen(report.MissingLog, listed(c.recordsOf(seq)))
		err := c.listLogs(ctx, c.ofRound(seq), seq, seq, func(r *record) {
			f := r.fields()
			s.compare(itemOf(f), f)
		})
		if err != nil {
			return nil, err
		}
		return s.findings(acked), nil
	}}
}

// readLogs are the other checks of a round's records.
func (c *Checker) readLogs(seq int64, acked bool) []check {
	trace := content.ID(c.Run.TraceID(seq))
	ofTrace := check{api: apiTraceLogs, signal: content.Logs, seq: seq, item: trace, ask: func(ctx context.Context) ([]report.Finding, error) {
		s := newSeen(report.MissingLog, listed(c.recordsOf(seq)))
		var answer struct{ Records []record }
		if err := c.API.Get(ctx, "/api/traces/"+trace+"/logs", nil, &answer); err != nil && !errors.Is(err, api.ErrNotFound) {
			return nil, err
		}
		for i := range answer.Records {
			f := answer.Records[i].fields()
			s.compare(itemOf(f), f)
		}
		return s.findings(acked), nil
	}}
	item := c.Run.Item(seq, int(seq%content.Records))
	whole := check{api: apiLog, signal: content.Logs, seq: seq, item: item, ask: func(ctx context.Context) ([]report.Finding, error) {
		s := newSeen(report.MissingLog, map[string]content.Fields{item: c.recordsOf(seq)[item]})
		var ids []string
		err := c.listLogs(ctx, "canary.item = "+strconv.Quote(item), seq, seq, func(r *record) { ids = append(ids, r.ID) })
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			var r record
			switch err := c.API.Get(ctx, "/api/logs/"+url.PathEscape(id), nil, &r); {
			case errors.Is(err, api.ErrNotFound):
				return []report.Finding{{Category: report.NotFoundByID, Detail: "record " + id + " is not found"}}, nil
			case err != nil:
				return nil, err
			}
			f := r.fields()
			s.one(c.Run, itemOf(f), f)
		}
		return s.findings(acked), nil
	}}
	return []check{ofTrace, whole}
}

// listLogs reads every page of a search.
func (c *Checker) listLogs(ctx context.Context, q string, first, last int64, do func(*record)) error {
	params := c.within(q, first, last)
	for {
		var page struct {
			Records    []record
			NextCursor *string `json:"next_cursor"`
		}
		if err := c.API.Get(ctx, "/api/logs", params, &page); err != nil {
			return err
		}
		for i := range page.Records {
			do(&page.Records[i])
		}
		if page.NextCursor == nil {
			return nil
		}
		params.Set("cursor", *page.NextCursor)
	}
}

// listAllLogs reads the list of all records of the run in the time of rounds.
func (c *Checker) listAllLogs(states content.Fates, first, last int64) check {
	return check{api: apiLogs, signal: content.Logs, item: c.Run.ID(), ask: func(ctx context.Context) ([]report.Finding, error) {
		there := map[string]int{}
		err := c.listLogs(ctx, "canary.run = "+strconv.Quote(c.Run.ID()), first, last, func(r *record) { there[itemOf(r.fields())]++ })
		if err != nil {
			return nil, err
		}
		var found []report.Finding
		for _, seq := range slices.Sorted(maps.Keys(states)) {
			s := newSeen(report.MissingLog, map[string]content.Fields{})
			for i := range content.Records {
				item := c.Run.Item(seq, i)
				s.sent[item], s.times[item] = nil, there[item]
				delete(there, item)
			}
			for _, f := range s.findings(states[seq][content.Logs] == content.Acked) {
				f.Item, f.Detail = c.Run.Item(seq, 0), fmt.Sprintf("%s (round %d)", f.Detail, seq)
				found = append(found, f)
			}
		}
		for item, n := range there {
			found = append(found, report.Finding{Category: report.NeverSent, Item: item, Detail: fmt.Sprintf("%d records carry the run's name and were never sent", n)})
		}
		return found, nil
	}}
}
