package query

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/erase"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// Deletions deletes what a person asks for, in its turn, and keeps a record of it: an erase.Eraser.
type Deletions interface {
	Plan(ctx context.Context, q erase.Request) (d erase.Deletion, more bool, err error)
	Add(q erase.Request) (erase.Deletion, error)
	List(project string) []erase.Deletion
}

type (
	deletionJSON struct {
		ID      string     `json:"id"` // "" of a dry run
		By      string     `json:"by"`
		Created time.Time  `json:"created"`
		Reason  string     `json:"reason"`
		TraceID *string    `json:"trace_id"`
		Filter  *string    `json:"filter"`
		From    *time.Time `json:"from"`
		To      *time.Time `json:"to"`
		State   string     `json:"state"`
		Error   string     `json:"error"`
		Spans   uint64     `json:"spans"`
		Traces  uint64     `json:"traces"`
		Logs    uint64     `json:"logs"`
		More    bool       `json:"more"` // of a dry run: there is more than was counted
		Hidden  *time.Time `json:"hidden"`
		Gone    *time.Time `json:"gone"`
	}
	deletionsJSON struct {
		Deletions []deletionJSON `json:"deletions"`
	}
	deletionRequest struct {
		Filter string `json:"filter"`
		From   string `json:"from"`
		To     string `json:"to"`
		Reason string `json:"reason"`
	}
)

const (
	maxDeletionBody = 16 << 10
	maxReason       = 500
)

func deletionOf(d erase.Deletion, more bool) deletionJSON {
	out := deletionJSON{
		ID: d.ID, By: d.By, Created: d.Created, Reason: d.Reason, State: d.State, Error: d.Error,
		Spans: d.Spans, Traces: d.Traces, Logs: d.Logs, More: more, Hidden: d.Hidden, Gone: d.Gone,
	}
	if d.TraceID != "" {
		out.TraceID = &d.TraceID
	} else {
		out.Filter, out.From, out.To = &d.Filter, &d.From, &d.To
	}
	return out
}

func (s *Server) listDeletions(w http.ResponseWriter, r *http.Request) error {
	if err := api.ParamsOf(r).Err(); err != nil {
		return err
	}
	out := deletionsJSON{Deletions: []deletionJSON{}}
	if s.cfg.Deletions != nil {
		for _, d := range s.cfg.Deletions.List(api.CallerOf(r.Context()).Project) {
			out.Deletions = append(out.Deletions, deletionOf(d, false))
		}
	}
	return api.WriteJSON(w, out)
}

// mayDelete says whether the caller may delete anything here.
func (s *Server) mayDelete(r *http.Request) error {
	if s.cfg.Deletions == nil {
		return api.Errorf(api.NotFound, "this instance stores nothing itself").WithHint("delete where the collector runs")
	}
	return s.mayManage(r, "deletions")
}

func (s *Server) deleteTrace(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "dry_run", "reason")
	dry, reason := p.Bool("dry_run"), p.Text("reason", maxReason)
	if err := p.Err(); err != nil {
		return err
	}
	if err := s.mayDelete(r); err != nil {
		return err
	}
	id, err := traces.ParseTraceID(r.PathValue("trace_id"))
	if err != nil || id == (traces.TraceID{}) {
		return api.Errorf(api.BadParameter, "%q is no trace id", r.PathValue("trace_id")).WithHint("give 32 hex digits, or 1-8hex-24hex")
	}
	return s.delete(w, r, erase.Request{TraceID: id, Reason: reason}, dry)
}

func (s *Server) createDeletion(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "dry_run")
	dry := p.Bool("dry_run")
	if err := p.Err(); err != nil {
		return err
	}
	if err := s.mayDelete(r); err != nil {
		return err
	}
	var asked deletionRequest
	if err := readJSON(w, r, maxDeletionBody, &asked, `{"filter", "from", "to", "reason"}`); err != nil {
		return err
	}
	q := erase.Request{Reason: strings.TrimSpace(asked.Reason)}
	var err error
	if q.Filter, err = filter.Parse(asked.Filter); err != nil {
		return err
	}
	if q.Filter == nil {
		return api.Errorf(api.BadRequest, "the filter is empty").WithHint("say what to delete, such as user.id = 42; whole days go by retention")
	}
	if len(q.Reason) > maxReason {
		return api.Errorf(api.BadRequest, "the reason has %d bytes", len(q.Reason)).WithHint("say it in %d", maxReason)
	}
	if !dry && q.Reason == "" {
		return api.Errorf(api.BadRequest, "there is no reason").WithHint("say why, for the record")
	}
	now := s.cfg.Now()
	q.From, q.To = time.Unix(0, 0), now.Add(24*time.Hour)
	for _, t := range []struct {
		text string
		into *time.Time
	}{{asked.From, &q.From}, {asked.To, &q.To}} {
		if t.text == "" {
			continue
		}
		if *t.into, err = api.ParseTime(t.text, now); err != nil {
			return api.Errorf(api.BadTime, "%v", err)
		}
	}
	if !q.From.Before(q.To) {
		return api.Errorf(api.BadTime, "the time range is empty").WithHint("from must be before to")
	}
	return s.delete(w, r, q, dry)
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request, q erase.Request, dry bool) error {
	caller := api.CallerOf(r.Context())
	q.Project, q.By = caller.Project, caller.User
	if dry {
		d, more, err := s.cfg.Deletions.Plan(r.Context(), q)
		if err != nil {
			return fmt.Errorf("plan deletion: %w", err)
		}
		return api.WriteJSON(w, deletionOf(d, more))
	}
	d, err := s.cfg.Deletions.Add(q)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	s.cfg.Log.Info("a deletion was asked for", "id", d.ID, "user", d.By)
	return api.WriteJSON(w, deletionOf(d, false))
}
