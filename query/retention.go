package query

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
)

// RetentionSettings are what people set here, laid over the configuration. All are days.
type RetentionSettings struct {
	// Signals are traces, logs, metrics and rollups; one that is absent is as configured.
	Signals map[string]int `json:"signals"`
	// Services have traces, logs and metrics of their own; 0 is as everything else, whatever is configured.
	Services map[string]map[string]int `json:"services"`
}

// RetentionValue is one setting in force, and where it comes from.
type RetentionValue struct {
	Signal  string `json:"signal"`
	Days    int    `json:"days"`
	From    string `json:"from"`    // here, file, environment or default
	Name    string `json:"name"`    // of the file or the variable
	Without int    `json:"without"` // what it would be if nothing were set here; 0: a service would have none of its own
}

// ServiceRetention are the settings that a service has of its own.
type ServiceRetention struct {
	Service string           `json:"service"`
	Values  []RetentionValue `json:"values"`
}

// RetentionDrop is what a change drops at once: whole days of a class that was lowered.
type RetentionDrop struct {
	Signal     string `json:"signal"`
	ClassDays  int    `json:"class_days"` // as it was written; 0: the signal has no classes
	KeepDays   int    `json:"keep_days"`  // as it will be kept
	Partitions int    `json:"partitions"`
	Rows       int64  `json:"rows"`
	Bytes      int64  `json:"bytes"`
	Oldest     string `json:"oldest"` // days
	Newest     string `json:"newest"`
}

// RetentionHeld is a drop that waits for a person, because the clock may be wrong.
type RetentionHeld struct {
	Signal     string    `json:"signal"`
	Since      time.Time `json:"since"`
	Partitions int       `json:"partitions"`
	Bytes      int64     `json:"bytes"`
	Of         int64     `json:"of"` // bytes of the signal
}

// RetentionView is the retention in force.
type RetentionView struct {
	Revision   int64              `json:"revision"` // of what is set here
	Changed    *time.Time         `json:"changed"`  // nil: nothing was ever set here
	By         string             `json:"by"`
	MaxClasses int                `json:"max_classes"`
	Classes    []int              `json:"classes"` // different durations of traces, logs and metrics
	Signals    []RetentionValue   `json:"signals"`
	Services   []ServiceRetention `json:"services"`
	Set        RetentionSettings  `json:"set"`
	Drops      []RetentionDrop    `json:"drops"` // of a change, or of one that is tried
	Held       []RetentionHeld    `json:"held"`
}

// RetentionChange replaces all that is set here.
type RetentionChange struct {
	Revision int64             `json:"revision"` // of what was read before
	Set      RetentionSettings `json:"set"`
	// Approve says that the clock is right, so that what is held may go.
	Approve bool `json:"approve,omitempty"`
}

// ErrRevision is what ChangeRetention returns for a change of something that is not there any more.
var ErrRevision = errors.New("somebody else has changed the settings meanwhile")

// RetentionProblems are all that is wrong with a change.
type RetentionProblems []string

func (p RetentionProblems) Error() string { return strings.Join(p, "; ") }

// Retention is what a person may change while the program runs. Safe for concurrent use; a change is in force at once.
type Retention interface {
	Retention(ctx context.Context) (RetentionView, error)
	// ChangeRetention returns ErrRevision or RetentionProblems for what people can mend. A dry run changes nothing.
	ChangeRetention(ctx context.Context, c RetentionChange, by string, dry bool) (RetentionView, error)
}

const maxRetentionBody = 64 << 10

func (s *Server) readRetention(w http.ResponseWriter, r *http.Request) error {
	if err := api.ParamsOf(r).Err(); err != nil {
		return err
	}
	if s.cfg.Retention == nil {
		return noRetention()
	}
	view, err := s.cfg.Retention.Retention(r.Context())
	if err != nil {
		return fmt.Errorf("read retention: %w", err)
	}
	return writeRetention(w, view)
}

func (s *Server) changeRetention(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "dry_run")
	dry := p.Bool("dry_run")
	if err := p.Err(); err != nil {
		return err
	}
	if s.cfg.Retention == nil {
		return noRetention()
	}
	if err := s.mayManage(r, "retention"); err != nil {
		return err
	}
	var change RetentionChange
	if err := readJSON(w, r, maxRetentionBody, &change, `{"revision", "set"}`); err != nil {
		return err
	}
	by := api.CallerOf(r.Context()).User
	view, err := s.cfg.Retention.ChangeRetention(r.Context(), change, by, dry)
	var problems RetentionProblems
	switch {
	case errors.Is(err, ErrRevision):
		return api.Errorf(api.Conflict, "%v", err).WithHint("read them again, then change what you meant to")
	case errors.As(err, &problems):
		return api.Errorf(api.BadRequest, "%v", problems).WithHint("days are whole numbers from 1 to 3650")
	case err != nil:
		return fmt.Errorf("change retention: %w", err)
	}
	if !dry {
		s.cfg.Log.Info("retention was changed", "revision", view.Revision, "user", by)
	}
	return writeRetention(w, view)
}

func noRetention() error {
	return api.Errorf(api.NotFound, "this instance stores nothing itself").WithHint("retention is set where the collector runs")
}

// writeRetention has lists where there is nothing.
func writeRetention(w http.ResponseWriter, v RetentionView) error {
	if v.Classes == nil {
		v.Classes = []int{}
	}
	if v.Signals == nil {
		v.Signals = []RetentionValue{}
	}
	if v.Services == nil {
		v.Services = []ServiceRetention{}
	}
	if v.Set.Signals == nil {
		v.Set.Signals = map[string]int{}
	}
	if v.Set.Services == nil {
		v.Set.Services = map[string]map[string]int{}
	}
	if v.Drops == nil {
		v.Drops = []RetentionDrop{}
	}
	if v.Held == nil {
		v.Held = []RetentionHeld{}
	}
	return api.WriteJSON(w, v)
}
