package query_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

func TestMapAndServicesOfStoredSpans(t *testing.T) {
	l := newLive(t)
	for i := range 3 {
		store(t, l.db, "default", order(byte(i+1), l.start.Add(time.Duration(i)*20*time.Second)))
	}
	minute := l.start.Truncate(time.Minute)
	for at := minute; at.Before(minute.Add(2 * time.Minute)); at = at.Add(time.Minute) { // one minute more comes from spans
		if _, err := traces.NewRollup(l.db, 90).Recompute(t.Context(), "default", at, 1, uint64(time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
	}
	var m struct {
		Complete bool
		Envs     []string
		Nodes    []struct {
			ID    string
			Root  bool
			Stats *struct{ Requests, Fault float64 }
		}
		Edges []struct {
			ID     string
			Stats  struct{ Requests, Fault float64 }
			Server *struct{ Requests float64 }
		}
		Buckets struct{ Requests, Bad []float64 }
	}
	l.get(t, "/api/map?from=now-1h", &m)
	var text strings.Builder
	for _, n := range m.Nodes {
		fmt.Fprintf(&text, "%s root %v", n.ID, n.Root)
		if n.Stats != nil {
			fmt.Fprintf(&text, " %v requests %v faults", n.Stats.Requests, n.Stats.Fault)
		}
		text.WriteString("\n")
	}
	for _, e := range m.Edges {
		fmt.Fprintf(&text, "%s %v requests %v faults, server %v\n", e.ID, e.Stats.Requests, e.Stats.Fault, e.Server != nil)
	}
	want := `client/prod/web root false
inferred/prod/shop@pg.internal/Database::PostgreSQL root false 3 requests 0 faults
service/prod/checkout root false 6 requests 6 faults
service/prod/web root true 3 requests 3 faults
client/prod/web>service/prod/web 3 requests 3 faults, server false
service/prod/checkout>inferred/prod/shop@pg.internal/Database::PostgreSQL 3 requests 0 faults, server false
service/prod/web>service/prod/checkout 3 requests 3 faults, server true
`
	if text.String() != want || !m.Complete || fmt.Sprint(m.Envs) != "[prod]" {
		t.Errorf("complete %v, envs %v, got\n%s\nwant\n%s", m.Complete, m.Envs, text.String(), want)
	}
	sum := func(list []float64) (n float64) {
		for _, v := range list {
			n += v
		}
		return n
	}
	if len(m.Buckets.Requests) < 60 || sum(m.Buckets.Requests) != 3 || sum(m.Buckets.Bad) != 3 {
		t.Errorf("buckets %+v", m.Buckets)
	}

	var series struct{ OK, Fault []float64 }
	for target, faults := range map[string]float64{
		"?node=service/prod/checkout":                               6,
		"?node=inferred/prod/shop@pg.internal/Database::PostgreSQL": 0,
		"?node=client/prod/web":                                     3,
		"?source=service/prod/web&target=service/prod/checkout":     3,
		"?source=service/prod/checkout&target=inferred/prod/shop@pg.internal/Database::PostgreSQL&from=now-7d":        0,
		"?source=service/prod/checkout&target=inferred/prod/shop@pg.internal/Database::PostgreSQL&from=now-2d&to=now": 0,
	} {
		l.get(t, "/api/map/series"+target, &series)
		if sum(series.Fault) != faults || sum(series.Fault)+sum(series.OK) < 3 {
			t.Errorf("%s: %v ok, %v faults", target, sum(series.OK), sum(series.Fault))
		}
	}

	var services struct {
		Services []struct {
			Name     string
			Stats    struct{ Requests float64 }
			Versions []struct{ Name string }
			Series   struct{ Requests []float64 }
		}
		Envs []string
	}
	l.get(t, "/api/services", &services)
	if len(services.Services) != 2 || services.Services[0].Name != "checkout" || services.Services[0].Stats.Requests != 6 ||
		sum(services.Services[0].Series.Requests) != 6 || services.Services[1].Versions[0].Name != "1.0.web" {
		t.Errorf("%+v", services)
	}
	var service struct {
		Env        string
		Operations []struct{ Name, Kind string }
		Upstream   []struct{ Source string }
		Downstream []struct{ Target string }
	}
	l.get(t, "/api/services/checkout", &service)
	if service.Env != "prod" || len(service.Operations) != 1 || service.Operations[0].Name != "POST /orders" || service.Operations[0].Kind != "server" ||
		len(service.Upstream) != 1 || len(service.Downstream) != 1 || service.Downstream[0].Target != "inferred/prod/shop@pg.internal/Database::PostgreSQL" {
		t.Errorf("%+v", service)
	}
	if w := do(l.Server, request("GET", "/api/services/checkout?env=staging")); w.Code != 404 {
		t.Errorf("in another environment = %d", w.Code)
	}
}

func TestCompletionKnowsWhatIsStored(t *testing.T) {
	l := newLive(t)
	store(t, l.db, "default", order(1, l.start))
	f := func(q, want string) {
		t.Helper()
		var answer struct{ Items []struct{ Text, Kind string } }
		l.get(t, "/api/complete?q="+url.QueryEscape(q), &answer)
		for _, item := range answer.Items {
			if item.Kind+" "+item.Text == want {
				return
			}
		}
		t.Errorf("%q: %v, want %s", q, answer.Items, want)
	}
	f("", "key service")
	f("user", "key user.name")
	f("service = che", "value checkout")
	f("user.name = ", `value "O'Brien \"\\ ünï"`)
	f("http.response.status_code = 5", "value 500")
	f("member = ", "value true")
	f("class = f", "value fault")
	f("service = web ", "keyword and")
	f("service = web a", "keyword and")
	f("span.user", "key span.user.name")
	f(".service.na", "key .service.name")
	f(".user", "key .user.name")
	f("event.exception.type = ", "value TimeoutError")
}
