package main

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/alert"
)

const faultRules = `
groups:
  - name: shop
    interval: 1s
    rules:
      - record: service:faults:share
        expr: |
          sum by (service, env) (rate(traces_spanmetrics_calls_total{class="fault", span_kind="SPAN_KIND_SERVER"}[2m]))
            / sum by (service, env) (rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[2m]))
      - alert: HighFaults
        expr: service:faults:share > 0.5
        for: 2s
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.service }} fails"}
`

type alertsAnswer struct {
	Configured bool
	Counts     alert.Counts
	Alerts     []alert.Alert
	Groups     []alert.Group
	Problems   []string
}

func (p program) alerts(query string) (a alertsAnswer) {
	p.Helper()
	p.ask("GET", "/api/alerts"+query, nil, &a)
	return a
}

// request sends a service's span of a request that ended so.
func (p program) request(service, status string) {
	p.Helper()
	o := sendOptions{endpoint: p.otlp, page: p.page, service: service, name: "GET /", status: status, duration: 20 * time.Millisecond}
	if status == "error" {
		o.attrs = []string{"http.response.status_code=500"}
	}
	if err := send(p.Context(), o, io.Discard); err != nil {
		p.Fatal(err)
	}
}

// TestAlertsGoAllTheWay: spans with faults make a rule fire, over a restart, until they end; what rules made can be asked for.
func TestAlertsGoAllTheWay(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(faultRules), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := func(c *Config) { c.Alerting.Rules = []string{filepath.Join(filepath.Dir(file), "*.yml")} }
	p, stop := runProgram(t, dir, rules)
	if a := p.alerts(""); !a.Configured || len(a.Alerts) != 0 {
		t.Errorf("%+v", a)
	}
	p.request("checkout", "error")
	p.until("a rule fires", func() bool { return p.alerts("").Counts.Firing == 1 })
	fired := p.alerts("").Alerts[0]
	if fired.Rule != "HighFaults" || fired.Target != (alert.Target{Service: "checkout"}) || fired.Annotations["summary"] != "checkout fails" || fired.Value == nil || *fired.Value <= 0.5 {
		t.Errorf("%+v", fired)
	}
	var result struct {
		Data struct {
			Result []struct{ Metric map[string]string }
			Alerts []struct{ State string }
		}
	}
	p.until("what a rule recorded can be asked for, and ALERTS", func() bool {
		p.ask("GET", "/prometheus/api/v1/query?query="+url.QueryEscape(`count by (service) (service:faults:share and on (service) ALERTS{alertstate="firing"})`), nil, &result)
		return len(result.Data.Result) == 1 && result.Data.Result[0].Metric["service"] == "checkout"
	})
	p.ask("GET", "/prometheus/api/v1/alerts", nil, &result)
	if len(result.Data.Alerts) != 1 || result.Data.Alerts[0].State != alert.Firing {
		t.Errorf("Prometheus's API has %+v", result.Data.Alerts)
	}
	p.until("what rules make is in the accounts", func() bool {
		for _, a := range p.status().Arrivals {
			if a.Protocol == "rules" && a.Signal == "metrics" && a.Items > 0 {
				return true
			}
		}
		return false
	})

	stop()
	p, _ = runProgram(t, dir, rules)
	p.until("it fires again", func() bool { return p.alerts("").Counts.Firing == 1 })
	if again := p.alerts("").Alerts[0]; again.ID != fired.ID || again.Since.Unix() != fired.Since.Unix() {
		t.Errorf("after a restart it is %+v, before it was %+v", again, fired)
	}

	if err := os.WriteFile(file, []byte(strings.Replace(faultRules, "for: 2s", "fro: 2s", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.until("a broken file is told of", func() bool { return len(p.alerts("").Problems) == 1 })
	if problem := p.alerts("").Problems[0]; !strings.Contains(problem, file+":12: there is no field fro here") || p.alerts("").Counts.Firing != 1 {
		t.Error(problem)
	}
	if s := p.status(); !slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.HasPrefix(w, "Alerting: ") && strings.Contains(w, "rules.yml") }) {
		t.Errorf("warnings are %q", s.Warnings)
	}

	p.until("it is resolved", func() bool { p.request("checkout", "ok"); return len(p.alerts("").Alerts) == 0 })
	past := p.alerts("?from=now-1h")
	if len(past.Alerts) != 1 || past.Alerts[0].State != alert.Resolved || past.Alerts[0].ID != fired.ID || past.Alerts[0].Ended == nil {
		t.Errorf("%+v", past.Alerts)
	}
}
