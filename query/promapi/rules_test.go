package promapi_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"

	"github.com/sightline/sightline/query/promapi"
	"github.com/sightline/sightline/storage/traces"
)

const ruleFile = `groups:
- name: checkout
  interval: 1m
  rules:
  - alert: Failing
    expr: sum by (client, server) (rate(traces_service_graph_request_failed_total{client="web"}[5m])) > 0
    keep_firing_for: 1m
    labels: { severity: critical }
    annotations: { summary: "{{ $labels.server }} fails" }
  - record: service:calls:rate5m
    expr: sum by (service) (rate(traces_spanmetrics_calls_total[5m]))
- name: quiet
  rules:
  - alert: Never
    expr: vector(0) > 1
    for: 5m
`

// TestRulesAreToldAsPrometheusDoes evaluates rules by Prometheus's own manager over the series of spans.
func TestRulesAreToldAsPrometheusDoes(t *testing.T) {
	s := newServer(t, nil)
	from := time.Now().Add(-30 * time.Minute).UTC().Truncate(time.Minute)
	w := &writer{}
	busy(w, rand.New(rand.NewPCG(9, 10)), from, 10)
	s.store(t, w, traces.Range{From: from, To: from.Add(10 * time.Minute)})

	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(ruleFile), 0o600); err != nil {
		t.Fatal(err)
	}
	manager := rules.NewManager(&rules.ManagerOptions{QueryFunc: s.api.QueryFunc("default"), Queryable: s.api.Queryable("default"), Context: t.Context()})
	groups, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, file)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	at := from.Add(8 * time.Minute)
	var loaded []*rules.Group
	for _, g := range groups {
		loaded = append(loaded, g)
		for _, r := range g.Rules() {
			if _, err := r.Eval(t.Context(), 0, at, s.api.QueryFunc("default"), nil, 0); err != nil {
				t.Fatal(err)
			}
			r.SetEvaluationTimestamp(at)
			r.SetHealth(rules.HealthGood)
		}
	}
	fixed := &fixedRules{loaded}
	a, err := promapi.New(promapi.Config{Spans: traces.NewReader(s.db), Rules: fixed})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ask := serve(t, a)

	told, err := ask.client.Rules(t.Context(), nil)
	if err != nil || len(told.Groups) != 2 {
		t.Fatal(told, err)
	}
	group := told.Groups[0]
	if group.Name != "checkout" {
		group = told.Groups[1]
	}
	failing, ok := group.Rules[0].(promv1.AlertingRule)
	if !ok || failing.Name != "Failing" || failing.State != "firing" || len(failing.Alerts) != 1 || failing.Alerts[0].Labels["server"] != "checkout" ||
		failing.Alerts[0].Annotations["summary"] != "checkout fails" || failing.Labels["severity"] != "critical" || group.Interval != 60 || group.File != file {
		t.Errorf("%+v %+v", group, failing)
	}
	if recording, ok := group.Rules[1].(promv1.RecordingRule); !ok || recording.Name != "service:calls:rate5m" {
		t.Errorf("%+v", group.Rules[1])
	}
	alerts, err := ask.client.Alerts(t.Context())
	if err != nil || len(alerts.Alerts) != 1 || alerts.Alerts[0].State != promv1.AlertStateFiring || !alerts.Alerts[0].ActiveAt.Equal(at) {
		t.Errorf("%+v %v", alerts, err)
	}
	f := func(want string, params ...string) {
		t.Helper()
		if code, body := ask.get(t, "/api/v1/rules", params...); code != 200 && code != 400 || !strings.Contains(body, want) {
			t.Errorf("%v = %d %s, want %s", params, code, body, want)
		}
	}
	f(`"name":"Never"`, "rule_name[]", "Never", "type", "alert")
	f(`"groups":[]`, "type", "record", "rule_group[]", "quiet")
	f(`"name":"service:calls:rate5m"`, "type", "record", "file[]", file)
	f(`"alerts":[]`, "exclude_alerts", "true", "rule_name[]", "Failing")
	f(`"groups":[]`, "match[]", `{severity="none"}`)
	f(`"groupNextToken":"`, "group_limit", "1")
	f("invalid group_next_token", "group_next_token", "x")
	f("not supported value", "type", "other")
	for _, g := range loaded {
		f(fmt.Sprintf(`"groups":[{"name":%q`, g.Name()), "group_limit", "1", "group_next_token", g.File()+";"+g.Name())
	}
}

// fixedRules are groups that nothing evaluates any more.
type fixedRules struct{ groups []*rules.Group }

func (f *fixedRules) RuleGroups() []*rules.Group { return f.groups }

func (f *fixedRules) AlertingRules() (all []*rules.AlertingRule) {
	for _, g := range f.groups {
		all = append(all, g.AlertingRules()...)
	}
	return all
}
