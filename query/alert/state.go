package alert

import (
	"cmp"
	"encoding/hex"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

// States of an alert. Prometheus's third, inactive, is one that was firing and no longer is.
const (
	Firing   = "firing"
	Pending  = "pending"
	Resolved = "resolved"
)

// Alert is one that there is or was, in the shape of our API.
type Alert struct {
	ID          string            `json:"id"`
	Rule        string            `json:"rule"`
	Group       string            `json:"group"`
	State       string            `json:"state"`
	Severity    string            `json:"severity"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Since       time.Time         `json:"since"`
	FiringSince *time.Time        `json:"firing_since"`
	Ended       *time.Time        `json:"ended"`
	Value       *float64          `json:"value"`
	Query       string            `json:"query"`
	Target      Target            `json:"target"`

	identity uint64 // of the labels
}

// Counts of alerts by state.
type Counts struct {
	Firing  int `json:"firing"`
	Pending int `json:"pending"`
}

func countOf(alerts []Alert) (c Counts) {
	for i := range alerts {
		switch alerts[i].State {
		case Firing:
			c.Firing++
		case Pending:
			c.Pending++
		}
	}
	return c
}

// active are the alerts that are pending or firing now.
func (s *Service) active() []Alert {
	return slices.DeleteFunc(s.held(), func(a Alert) bool { return a.State == Resolved })
}

// held are the alerts that rules hold now: those that are active, and those that were resolved in the last 15 minutes.
func (s *Service) held() []Alert {
	var out []Alert
	for _, g := range s.manager.RuleGroups() {
		for _, r := range g.Rules() {
			rule, ok := r.(*rules.AlertingRule)
			if !ok {
				continue
			}
			rule.ForEachActiveAlert(func(a *rules.Alert) {
				if a.State == rules.StatePending && !rule.Restored() {
					return // since when is not known before what was written is read
				}
				if shown, ok := show(g, rule, a); ok {
					out = append(out, shown)
				}
			})
		}
	}
	return out
}

func show(g *rules.Group, rule *rules.AlertingRule, a *rules.Alert) (Alert, bool) {
	out := newAlert(a.Labels, a.ActiveAt)
	out.Group, out.Query = g.Name(), rule.Query().String()
	out.Annotations = a.Annotations.Map()
	out.State = Pending
	switch a.State {
	case rules.StateFiring:
		out.State = Firing
	case rules.StateInactive:
		if a.FiredAt.IsZero() { // it was pending only
			return out, false
		}
		ended := a.ResolvedAt.UTC()
		out.State, out.Ended = Resolved, &ended
	}
	if !a.FiredAt.IsZero() {
		// After a restart the rule knows when it was active first, but has seen it fire only now.
		at := a.FiredAt
		if began := a.ActiveAt.Add(wholly(rule.HoldDuration(), g.Interval())); began.Before(at) {
			at = began
		}
		at = at.UTC()
		out.FiringSince = &at
	}
	if v := a.Value; a.State != rules.StateInactive && !math.IsNaN(v) && !math.IsInf(v, 0) {
		out.Value = &v
	}
	return out, true
}

// wholly is how long a rule is pending when it is evaluated at an interval.
func wholly(hold, interval time.Duration) time.Duration {
	if interval <= 0 {
		return hold
	}
	return (hold + interval - 1) / interval * interval
}

// newAlert is one of which the labels and the time are known. Its id stays as long as it is active.
func newAlert(ls labels.Labels, since time.Time) Alert {
	identity := ls.Hash()
	id := fnv.New64a()
	_, _ = id.Write([]byte(ls.String() + "\xff" + strconv.FormatInt(since.Unix(), 10))) // never fails
	return Alert{
		ID: hex.EncodeToString(id.Sum(nil)), Rule: ls.Get(labels.AlertName), Severity: ls.Get("severity"), Labels: ls.Map(),
		Annotations: map[string]string{}, Since: since.UTC(), Target: TargetOf(ls.Get), identity: identity,
	}
}

// sortAlerts puts what burns first: firing before pending before resolved, the grave before the slight, the newest before the older.
func sortAlerts(alerts []Alert) {
	states := map[string]int{Firing: 0, Pending: 1, Resolved: 2}
	slices.SortFunc(alerts, func(a, b Alert) int {
		return cmp.Or(cmp.Compare(states[a.State], states[b.State]), cmp.Compare(gravity(a.Severity), gravity(b.Severity)), b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID))
	})
}

func gravity(severity string) int {
	switch severity {
	case "critical", "page", "error":
		return 0
	case "warning", "warn":
		return 1
	case "info":
		return 2
	}
	return 3
}

// Group of rules in force, in the shape of our API.
type Group struct {
	Name           string     `json:"name"`
	File           string     `json:"file"`
	Interval       float64    `json:"interval_s"`
	LastEvaluation *time.Time `json:"last_evaluation"`
	EvaluationMS   float64    `json:"evaluation_ms"`
	Rules          []Rule     `json:"rules"`
}

// Rule in force, in the shape of our API.
type Rule struct {
	Name           string            `json:"name"`
	Kind           string            `json:"kind"`
	Query          string            `json:"query"`
	For            float64           `json:"for_s"`
	KeepFiringFor  float64           `json:"keep_firing_for_s"`
	State          string            `json:"state"`
	Health         string            `json:"health"`
	Error          string            `json:"error"`
	Labels         map[string]string `json:"labels"`
	Annotations    map[string]string `json:"annotations"`
	LastEvaluation *time.Time        `json:"last_evaluation"`
	EvaluationMS   float64           `json:"evaluation_ms"`
}

func (s *Service) groups() []Group {
	out := []Group{}
	for _, g := range s.manager.RuleGroups() {
		group := Group{
			Name: g.Name(), File: g.File(), Interval: g.Interval().Seconds(), LastEvaluation: when(g.GetLastEvaluation()),
			EvaluationMS: millis(g.GetEvaluationTime()), Rules: []Rule{},
		}
		for _, r := range g.Rules() {
			group.Rules = append(group.Rules, showRule(r))
		}
		out = append(out, group)
	}
	return out
}

func showRule(r rules.Rule) Rule {
	out := Rule{
		Name: r.Name(), Kind: "recording", Query: r.Query().String(), State: "inactive", Health: string(r.Health()), Labels: r.Labels().Map(),
		Annotations: map[string]string{}, LastEvaluation: when(r.GetEvaluationTimestamp()), EvaluationMS: millis(r.GetEvaluationDuration()),
	}
	if err := r.LastError(); err != nil {
		out.Error = err.Error()
	}
	if a, ok := r.(*rules.AlertingRule); ok {
		out.Kind, out.For, out.KeepFiringFor = "alerting", a.HoldDuration().Seconds(), a.KeepFiringFor().Seconds()
		out.Annotations = a.Annotations().Map()
		if state := a.State(); state == rules.StatePending || state == rules.StateFiring {
			out.State = state.String()
		}
	}
	return out
}

func when(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
