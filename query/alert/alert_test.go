package alert_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
	"go.uber.org/goleak"

	"github.com/sightline/sightline/query/alert"
	"github.com/sightline/sightline/query/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const wait = time.Minute

// bench is a storage of Prometheus's with an engine over it; the real ones are tried in the root package.
type bench struct {
	t     testing.TB
	store *teststorage.TestStorage
	query rules.QueryFunc
	rules string // a file
	last  int64  // ms
}

func newBench(t testing.TB, text string) *bench {
	t.Helper()
	store := teststorage.New(t)
	t.Cleanup(func() { store.Close() })
	engine := promql.NewEngine(promql.EngineOpts{Timeout: wait, MaxSamples: 1e6, LookbackDelta: 10 * time.Second})
	b := &bench{t: t, store: store, query: rules.EngineQueryFunc(engine, store), rules: filepath.Join(t.TempDir(), "rules.yml")}
	b.write(text)
	return b
}

func (b *bench) QueryFunc(string) rules.QueryFunc { return b.query }

func (b *bench) Queryable(string) storage.Queryable { return b.store }

// write replaces the rules.
func (b *bench) write(text string) {
	b.t.Helper()
	if err := os.WriteFile(b.rules+".new", []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Rename(b.rules+".new", b.rules); err != nil {
		b.t.Fatal(err)
	}
}

// set gives a series a value now.
func (b *bench) set(v float64, ls ...string) {
	b.t.Helper()
	app := b.store.Appender(b.t.Context())
	b.last = max(b.last+1, time.Now().UnixMilli())
	if _, err := app.Append(0, labels.FromStrings(ls...), b.last, v); err != nil {
		b.t.Fatal(err)
	}
	if err := app.Commit(); err != nil {
		b.t.Fatal(err)
	}
}

// start runs a service until the end of the test or stop.
func (b *bench) start(change func(*alert.Config)) (s *alert.Service, stop func()) {
	b.t.Helper()
	cfg := alert.Config{
		Rules: []string{b.rules}, Interval: 200 * time.Millisecond, Poll: 20 * time.Millisecond, Samples: b.store,
		ExternalLabels: map[string]string{"site": "here"},
	}
	if change != nil {
		change(&cfg)
	}
	s, err := alert.New(cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx, b) }()
	stop = func() { cancel(); <-done }
	b.t.Cleanup(stop)
	return s, stop
}

type answer struct {
	Configured bool
	Counts     alert.Counts
	Alerts     []alert.Alert
	Groups     []alert.Group
	Problems   []string
}

func ask(t testing.TB, s *alert.Service, query string) (a answer) {
	t.Helper()
	w := httptest.NewRecorder()
	for _, r := range alert.Routes(s, time.Now) {
		if err := r.Handle(w, httptest.NewRequest("GET", r.Pattern+query, nil)); err != nil {
			t.Fatal(err)
		}
	}
	promised(t).check(t, query, w)
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return a
}

// contract is docs/openapi.yaml.
type contract struct{ router routers.Router }

var promised = func() func(t testing.TB) contract {
	read := sync.OnceValues(func() (routers.Router, error) {
		doc, err := openapi3.NewLoader().LoadFromFile("../../docs/openapi.yaml")
		if err != nil {
			return nil, err
		}
		return gorillamux.NewRouter(doc)
	})
	return func(t testing.TB) contract {
		t.Helper()
		router, err := read()
		if err != nil {
			t.Fatal(err)
		}
		return contract{router}
	}
}()

// check says how an answer differs from what the contract promises.
func (c contract) check(t testing.TB, query string, w *httptest.ResponseRecorder) {
	t.Helper()
	r := httptest.NewRequest("GET", "/api/alerts"+query, nil)
	r.URL.Host, r.URL.Scheme = "", ""
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		t.Fatal(err)
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
	})
	if err != nil {
		t.Fatalf("/api/alerts%s answers otherwise than the contract says: %v", query, err)
	}
}

// until asks until an answer is as it should be.
func until(t testing.TB, s *alert.Service, query, what string, good func(answer) bool) answer {
	t.Helper()
	for deadline := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		a := ask(t, s, query)
		if good(a) {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("never %s: %+v", what, a)
		}
	}
}

func firing(n int) func(answer) bool { return func(a answer) bool { return a.Counts.Firing == n } }

const highFaults = `
groups:
  - name: shop
    rules:
      - record: faults:max
        expr: max by (service, env) (faults)
      - alert: HighFaults
        expr: faults:max > 0.1
        for: 300ms
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.service }} fails"
          description: "{{ $value | humanizePercentage }} of {{ $labels.service }} at {{ $externalLabels.site }}"
`

func TestAnAlertFiresAndIsResolved(t *testing.T) {
	b := newBench(t, highFaults)
	start := time.Now()
	s, _ := b.start(nil)
	set := func(v float64) func(answer) bool {
		return func(a answer) bool {
			b.set(v, "__name__", "faults", "service", "checkout", "env", "prod")
			return (v > 0.1) == (a.Counts.Firing == 1)
		}
	}
	got := until(t, s, "", "firing", set(0.5))
	a := got.Alerts[0]
	want := alert.Target{Service: "checkout", Env: "prod"}
	if a.Rule != "HighFaults" || a.Group != "shop" || a.State != alert.Firing || a.Severity != "critical" || a.Target != want || len(a.ID) != 16 ||
		a.Annotations["summary"] != "checkout fails" || a.Annotations["description"] != "50% of checkout at here" || a.Value == nil || *a.Value != 0.5 ||
		a.Query != "faults:max > 0.1" || a.FiringSince == nil || a.FiringSince.Before(a.Since.Add(300*time.Millisecond)) || a.Since.Before(start) || a.Ended != nil {
		t.Errorf("%+v", a)
	}
	g := got.Groups[0]
	if g.Name != "shop" || g.File != b.rules || g.Interval != 0.2 || g.LastEvaluation == nil || len(g.Rules) != 2 || g.Rules[0].Kind != "recording" ||
		g.Rules[1].State != alert.Firing || g.Rules[1].Health != "ok" || g.Rules[1].For != 0.3 {
		t.Errorf("%+v", g)
	}
	until(t, s, "", "resolved", set(0))
	past := until(t, s, "?from=now-1h", "in the history", func(got answer) bool { return len(got.Alerts) == 1 && got.Alerts[0].State == alert.Resolved })
	if p := past.Alerts[0]; p.ID != a.ID || p.Ended == nil || p.Ended.Before(*p.FiringSince) || p.Target != want || p.Annotations["summary"] != "checkout fails" {
		t.Errorf("%+v", p)
	}
	if len(ask(t, s, "").Alerts) != 0 || len(ask(t, s, "?from=now-2h&to=now-1h").Alerts) != 0 {
		t.Error("it is told of at other times")
	}
	// A service that holds nothing reads the same from the series.
	fresh, _ := b.start(func(c *alert.Config) { c.Rules = nil })
	read := until(t, fresh, "?from=now-1h", "read", func(a answer) bool { return len(a.Alerts) == 1 })
	if read.Alerts[0].ID != a.ID || read.Alerts[0].State != alert.Resolved || read.Alerts[0].FiringSince == nil || read.Alerts[0].Ended == nil {
		t.Errorf("%+v", read.Alerts)
	}
}

func TestARestartKeepsTheTime(t *testing.T) {
	b := newBench(t, "groups: [{name: g, rules: [{alert: Up, expr: 'vector(1)'}, {alert: Soon, expr: 'vector(1)', for: 1h}]}]")
	s, stop := b.start(nil)
	find := func(a answer, rule string) alert.Alert {
		for _, x := range a.Alerts {
			if x.Rule == rule {
				return x
			}
		}
		return alert.Alert{}
	}
	before := until(t, s, "", "active", func(a answer) bool { return len(a.Alerts) == 2 })
	// Its time is in the series once it has been evaluated after the beginning; in whole seconds.
	written := func() bool {
		v, err := b.query(t.Context(), "count(ALERTS_FOR_STATE)", time.Now())
		return err == nil && len(v) == 1 && v[0].F == 2
	}
	for deadline := time.Now().Add(wait); !written() || time.Since(find(before, "Soon").Since) < 2*time.Second; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is written")
		}
	}
	stop()
	s, _ = b.start(nil)
	after := until(t, s, "", "active again", func(a answer) bool { return len(a.Alerts) == 2 && a.Counts.Firing == 1 })
	for _, rule := range []string{"Up", "Soon"} {
		// A pending one goes on where it was when it was seen last: the time between does not count.
		if b, a := find(before, rule).Since, find(after, rule).Since; a.Sub(b) > 1500*time.Millisecond || b.Sub(a) > time.Second {
			t.Errorf("%s was active since %v, now since %v", rule, b, a)
		}
	}
}

func TestABrokenFileKeepsItsRules(t *testing.T) {
	rule := func(name string) string {
		return "groups: [{name: g, rules: [{alert: " + name + ", expr: 'vector(1)'}]}]"
	}
	b := newBench(t, rule("One"))
	s, _ := b.start(nil)
	until(t, s, "", "firing", firing(1))
	b.write("groups: [{name: g, rules: [{alert: Two, expr: 'vector('}]}]")
	a := until(t, s, "", "a problem", func(a answer) bool { return len(a.Problems) == 1 })
	if a.Counts.Firing != 1 || a.Alerts[0].Rule != "One" || !strings.Contains(a.Problems[0], b.rules+":1:") || !strings.HasSuffix(a.Problems[0], "the rules that it had before stay in force") {
		t.Errorf("%+v", a)
	}
	b.write(rule("Three"))
	until(t, s, "", "mended", func(a answer) bool {
		return len(a.Problems) == 0 && a.Counts.Firing == 1 && a.Alerts[0].Rule == "Three"
	})
	if err := os.Remove(b.rules); err != nil {
		t.Fatal(err)
	}
	until(t, s, "", "told that the file is gone", func(a answer) bool {
		return len(a.Problems) == 1 && strings.Contains(a.Problems[0], "there is no such file") && a.Counts.Firing == 1
	})
}

func TestWithoutACollectorAlertsAreEvaluatedAndRecordingRulesRefused(t *testing.T) {
	b := newBench(t, highFaults+"      - alert: Always\n        expr: vector(1)\n")
	s, _ := b.start(func(c *alert.Config) { c.Samples = nil })
	a := until(t, s, "?from=now-1h", "firing", firing(1))
	if len(a.Problems) != 1 || !strings.Contains(a.Problems[0], "the recording rule faults:max is not evaluated") {
		t.Errorf("%q", a.Problems)
	}
	if len(a.Groups[0].Rules) != 2 {
		t.Errorf("%+v", a.Groups)
	}
}

func TestAnEvaluationThatFailsIsTold(t *testing.T) {
	b := newBench(t, "groups: [{name: g, rules: [{alert: Bad, expr: 'label_replace(vector(1), \"a\", \"b\", \"c\", \"(\")'}]}]")
	s, _ := b.start(nil)
	a := until(t, s, "", "failed", func(a answer) bool { return len(a.Groups) == 1 && a.Groups[0].Rules[0].Health == "err" })
	if r := a.Groups[0].Rules[0]; r.Error == "" || r.State != "inactive" {
		t.Errorf("%+v", r)
	}
}

func TestNothingIsConfigured(t *testing.T) {
	if a := ask(t, nil, ""); a.Configured || a.Alerts == nil || a.Groups == nil || a.Problems == nil {
		t.Errorf("%+v", a)
	}
	for _, r := range alert.Routes(nil, time.Now) {
		for _, query := range []string{"?state=firing", "?from=now&to=now-1h", "?from=x"} {
			var e *api.Error
			err := r.Handle(httptest.NewRecorder(), httptest.NewRequest("GET", r.Pattern+query, nil))
			if e = api.AsError(err); err == nil || e.Code.Status() != 400 {
				t.Errorf("%s: %v", query, err)
			}
		}
	}
}
