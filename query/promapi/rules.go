package promapi

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/rules"

	"github.com/sightline/sightline/query/api"
)

type alertJSON struct {
	Labels          map[string]string `json:"labels"`
	Annotations     map[string]string `json:"annotations"`
	State           string            `json:"state"`
	ActiveAt        *time.Time        `json:"activeAt,omitempty"`
	KeepFiringSince *time.Time        `json:"keepFiringSince,omitempty"`
	Value           string            `json:"value"`
}

type groupJSON struct {
	Name           string    `json:"name"`
	File           string    `json:"file"`
	Rules          []any     `json:"rules"`
	Interval       float64   `json:"interval"`
	Limit          int       `json:"limit"`
	EvaluationTime float64   `json:"evaluationTime"`
	LastEvaluation time.Time `json:"lastEvaluation"`
}

// evaluatedJSON is what both kinds of rules have; Prometheus has them flat.
type evaluatedJSON struct {
	Health         rules.RuleHealth `json:"health"`
	LastError      string           `json:"lastError,omitempty"`
	EvaluationTime float64          `json:"evaluationTime"`
	LastEvaluation time.Time        `json:"lastEvaluation"`
	Type           string           `json:"type"`
}

type alertingJSON struct {
	State         string            `json:"state"`
	Name          string            `json:"name"`
	Query         string            `json:"query"`
	Duration      float64           `json:"duration"`
	KeepFiringFor float64           `json:"keepFiringFor"`
	Labels        map[string]string `json:"labels"`
	Annotations   map[string]string `json:"annotations"`
	Alerts        []alertJSON       `json:"alerts"`
	evaluatedJSON
}

type recordingJSON struct {
	Name   string            `json:"name"`
	Query  string            `json:"query"`
	Labels map[string]string `json:"labels,omitempty"`
	evaluatedJSON
}

// alerts are the alerts that are pending or firing.
func (a *API) alerts(w http.ResponseWriter, _ *http.Request) error {
	active := []alertJSON{}
	if a.cfg.Rules != nil {
		for _, rule := range a.cfg.Rules.AlertingRules() {
			active = append(active, alertsOf(rule)...)
		}
	}
	return respond(w, map[string]any{"alerts": active}, nil)
}

func alertsOf(rule *rules.AlertingRule) []alertJSON {
	active := []alertJSON{}
	for _, alert := range rule.ActiveAlerts() {
		j := alertJSON{
			Labels: alert.Labels.Map(), Annotations: alert.Annotations.Map(), State: alert.State.String(), ActiveAt: &alert.ActiveAt,
			Value: strconv.FormatFloat(alert.Value, 'e', -1, 64),
		}
		if !alert.KeepFiringSince.IsZero() {
			j.KeepFiringSince = &alert.KeepFiringSince
		}
		active = append(active, j)
	}
	return active
}

// wants says whether a list that a request may give has a name; none has all.
func wants(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }

func (a *API) rules(w http.ResponseWriter, r *http.Request) error {
	p := a.params(w, r)
	sets := a.selectors(p)
	typ := strings.ToLower(p.values.Get("type"))
	if typ != "" && typ != "alert" && typ != "record" {
		p.invalid("type", errors.New("not supported value "+strconv.Quote(typ)))
	}
	bare := false
	if text := p.values.Get("exclude_alerts"); text != "" {
		var err error
		if bare, err = strconv.ParseBool(text); err != nil {
			p.invalid("exclude_alerts", err)
		}
	}
	most, next := p.number("group_limit"), p.values.Get("group_next_token")
	if p.err != nil {
		return p.err
	}
	answer := struct {
		Groups []groupJSON `json:"groups"`
		Next   string      `json:"groupNextToken,omitempty"`
	}{Groups: []groupJSON{}}
	if a.cfg.Rules == nil {
		return respond(w, answer, nil)
	}
	for _, group := range a.cfg.Rules.RuleGroups() {
		if !wants(p.values["rule_group[]"], group.Name()) || !wants(p.values["file[]"], group.File()) {
			continue
		}
		token := group.File() + ";" + group.Name()
		if next != "" && token != next {
			continue
		}
		next = ""
		g := groupJSON{
			Name: group.Name(), File: group.File(), Rules: []any{}, Interval: group.Interval().Seconds(), Limit: group.Limit(),
			EvaluationTime: group.GetEvaluationTime().Seconds(), LastEvaluation: group.GetLastEvaluation(),
		}
		for _, rule := range group.Rules(sets...) {
			if j := ruleOf(rule, typ, bare); j != nil && wants(p.values["rule_name[]"], rule.Name()) {
				g.Rules = append(g.Rules, j)
			}
		}
		if len(g.Rules) == 0 {
			continue
		}
		if most > 0 && len(answer.Groups) == most {
			answer.Next = token
			break
		}
		answer.Groups = append(answer.Groups, g)
	}
	if next != "" {
		return bad("invalid parameter %q: invalid group_next_token '%v'. were rule groups changed?", "group_next_token", next)
	}
	return respond(w, answer, nil)
}

// ruleOf is a rule as it is told, nil where only others are asked for.
func ruleOf(rule rules.Rule, typ string, bare bool) any {
	e := evaluatedJSON{Health: rule.Health(), EvaluationTime: rule.GetEvaluationDuration().Seconds(), LastEvaluation: rule.GetEvaluationTimestamp()}
	if err := rule.LastError(); err != nil {
		e.LastError = err.Error()
	}
	switch rule := rule.(type) {
	case *rules.AlertingRule:
		if typ == "record" {
			return nil
		}
		e.Type = "alerting"
		j := alertingJSON{
			State: rule.State().String(), Name: rule.Name(), Query: rule.Query().String(), Duration: rule.HoldDuration().Seconds(),
			KeepFiringFor: rule.KeepFiringFor().Seconds(), Labels: rule.Labels().Map(), Annotations: rule.Annotations().Map(), Alerts: []alertJSON{}, evaluatedJSON: e,
		}
		if !bare {
			j.Alerts = alertsOf(rule)
		}
		return j
	case *rules.RecordingRule:
		if typ == "alert" {
			return nil
		}
		e.Type = "recording"
		return recordingJSON{Name: rule.Name(), Query: rule.Query().String(), Labels: rule.Labels().Map(), evaluatedJSON: e}
	}
	return nil
}

// version is the Prometheus whose engine and API this is. Clients choose by it what they ask for.
const version = "3.13.5"

func (a *API) buildInfo(w http.ResponseWriter, _ *http.Request) error {
	return respond(w, map[string]string{
		"version": version, "revision": "sightline", "branch": "sightline", "buildUser": "", "buildDate": "", "goVersion": runtime.Version(),
	}, nil)
}

func (a *API) healthy(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, "Prometheus Server is Healthy.\n")
}

func (a *API) ready(w http.ResponseWriter, r *http.Request) error {
	if err := a.cfg.Ready(r.Context()); err != nil {
		return &api.Error{Code: api.EngineRestarting, Message: "not ready", Cause: err}
	}
	return plain(w, "Prometheus Server is Ready.\n")
}

func plain(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, text)
	return err
}

func (a *API) nothing(_ http.ResponseWriter, r *http.Request) error {
	return api.Errorf(api.NotFound, "there is nothing of Prometheus's API at %s", r.URL.Path).WithHint("docs/api-prometheus.md lists what there is")
}
