// Package check compares what the API of an instance says with what a run of a canary has sent.
package check

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/sightline/sightline/canary/api"
	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// Checker compares what the API says with what a run has sent.
type Checker struct {
	Run    content.Run
	API    *api.Client
	Report *report.Report
}

// ahead is the same Checker for what measures how soon something is visible.
func (c *Checker) ahead() *Checker {
	ahead := *c
	ahead.API = c.API.Ahead()
	return &ahead
}

// check asks one API about one thing.
type check struct {
	api    string
	signal content.Signal
	seq    int64 // round; 0: about the run as a whole
	item   string
	ask    func(ctx context.Context) ([]report.Finding, error)
}

// Pauses between looks at something that is not there yet.
const (
	firstLook = 50 * time.Millisecond
	lastLook  = time.Second
)

// until asks until all is well or the deadline is past, and reports what is wrong then. It says when all was well; zero: never.
func (c *Checker) until(ctx context.Context, deadline time.Time, k check) (well time.Time) {
	for pause := firstLook; ; pause = min(pause*3/2, lastLook) {
		findings, err := k.ask(ctx)
		var u *api.Unreadable
		switch {
		case ctx.Err() != nil:
			return time.Time{}
		case errors.Is(err, api.ErrNotServed):
			c.Report.NotServed(k.api)
			return time.Time{}
		case err == nil && len(findings) == 0:
			c.Report.Checked(k.api, nil)
			return time.Now()
		}
		if time.Now().Add(pause).After(deadline) || errors.As(err, &u) && !u.Again {
			if err != nil {
				findings = []report.Finding{{Category: report.ReadFailed, Detail: err.Error()}}
			}
			for i := range findings {
				f := &findings[i]
				f.API, f.Signal = k.api, k.signal.String()
				if f.Item == "" {
					f.Item = k.item
				}
				if f.Time = time.Now().UTC(); k.seq != 0 {
					f.Time = c.Run.At(k.seq)
				}
			}
			c.Report.Checked(k.api, findings)
			return time.Time{}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// seen counts how often each item is in an answer, and compares that with what was sent.
type seen struct {
	missing report.Category
	sent    map[string]content.Fields // by id
	times   map[string]int
	found   []report.Finding
}

func newSeen(missing report.Category, sent map[string]content.Fields) *seen {
	return &seen{missing: missing, sent: sent, times: map[string]int{}}
}

// one notes an item; stored is its content with the signature, or nil where the answer has only its id.
func (s *seen) one(run content.Run, id string, stored content.Fields) {
	if s.compare(id, stored) && stored != nil && !run.Signed(stored) {
		s.found = append(s.found, report.Finding{Category: report.BadSignature, Detail: id + " is not as this run has signed it"})
	}
}

// compare notes an item, and says whether it was sent. stored is what the answer has of its content, or nil.
func (s *seen) compare(id string, stored content.Fields) bool {
	s.times[id]++
	sent, ok := s.sent[id]
	if !ok {
		s.found = append(s.found, report.Finding{Category: report.NeverSent, Detail: strconv.Quote(id) + " is there and was never sent"})
		return false
	}
	if differences := content.Diff(sent, stored); stored != nil && len(differences) > 0 {
		detail := differences[0]
		if len(differences) > 1 {
			detail += fmt.Sprintf(" and %d more", len(differences)-1)
		}
		s.found = append(s.found, report.Finding{Category: report.WrongContent, Detail: id + ": " + detail})
	}
	return true
}

// findings are what was wrong. What was not acknowledged may be missing.
func (s *seen) findings(acked bool) []report.Finding {
	missing := 0
	example := ""
	for id := range s.sent {
		switch n := s.times[id]; {
		case n == 0:
			missing++
			example = max(example, id)
		case n > 1:
			s.found = append(s.found, report.Finding{Category: report.Duplicate, Detail: fmt.Sprintf("%s is there %d times", id, n)})
		}
	}
	if missing > 0 && acked {
		s.found = append(s.found, report.Finding{Category: s.missing, Detail: fmt.Sprintf("%d of %d are missing, such as %s", missing, len(s.sent), example)})
	}
	return s.found
}

// within are the parameters of a search in the time of rounds.
func (c *Checker) within(q string, first, last int64) url.Values {
	return url.Values{"q": {q}, "from": {nanos(c.Run.At(first))}, "to": {nanos(c.Run.At(last + 1))}, "limit": {"1000"}}
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// ofRound is the filter that finds a round's items.
func (c *Checker) ofRound(seq int64) string {
	return fmt.Sprintf("canary.run = %s and canary.seq = %d", strconv.Quote(c.Run.ID()), seq)
}
