package alert_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/alert"
)

func TestAlertmanagersAreTold(t *testing.T) {
	type told struct {
		Labels, Annotations map[string]string
		StartsAt, EndsAt    time.Time
		GeneratorURL        string
	}
	posts := make(chan []told, 100)
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var alerts []told
		user, password, _ := r.BasicAuth()
		if err := json.NewDecoder(r.Body).Decode(&alerts); err != nil || r.URL.Path != "/am/api/v2/alerts" || user != "u" || password != "p" {
			t.Errorf("%s %s by %s: %v", r.Method, r.URL, user, err)
		}
		posts <- alerts
	}))
	t.Cleanup(manager.Close)
	b := newBench(t, "groups: [{name: g, rules: [{alert: Up, expr: 'vector(1)', annotations: {summary: up}}]}]")
	_, stop := b.start(func(c *alert.Config) {
		c.Alertmanagers, c.Page = []string{strings.Replace(manager.URL, "http://", "http://u:p@", 1) + "/am/"}, "https://sightline.example"
	})
	select {
	case got := <-posts:
		if len(got) != 1 || got[0].Labels["alertname"] != "Up" || got[0].Labels["site"] != "here" || got[0].Annotations["summary"] != "up" ||
			got[0].GeneratorURL != "https://sightline.example/alerts" || !got[0].EndsAt.After(time.Now()) || got[0].StartsAt.IsZero() {
			t.Errorf("%+v", got)
		}
	case <-time.After(wait):
		t.Fatal("nobody was told")
	}
	b.write("groups: [{name: g, rules: [{alert: Up, expr: 'vector(1) > 1', annotations: {summary: up}}]}]")
	for deadline := time.After(wait); ; {
		select {
		case got := <-posts:
			if len(got) != 1 || got[0].EndsAt.After(time.Now()) {
				continue
			}
		case <-deadline:
			t.Fatal("the end was not told")
		}
		break
	}
	stop()
	http.DefaultClient.CloseIdleConnections()
}
