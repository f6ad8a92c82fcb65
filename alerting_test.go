package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAlertingIsConfigured(t *testing.T) {
	file := writeConfig(t, "alerting:\n  rules: [rules/*.yml, /etc/sightline/more.yml]\n  interval: 15s\n  query_offset: 30s\n  external_labels: {site: fra1}\n  url: https://sightline.example\n  alertmanagers: ['http://a:9093/am']\n")
	c, err := LoadConfig(file, noEnviron)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Alerting
	if want := []string{filepath.Join(filepath.Dir(file), "rules/*.yml"), "/etc/sightline/more.yml"}; !slices.Equal(a.Rules, want) {
		t.Errorf("rules %q, want %q", a.Rules, want)
	}
	if time.Duration(a.Interval) != 15*time.Second || time.Duration(a.QueryOffset) != 30*time.Second || a.ExternalLabels["site"] != "fra1" || a.URL != "https://sightline.example" || !slices.Equal(a.Alertmanagers, []string{"http://a:9093/am"}) {
		t.Errorf("%+v", a)
	}
	c, err = LoadConfig(file, func(name string) (string, bool) {
		v, ok := map[string]string{"SIGHTLINE_ALERTING_RULES": "a.yml, b/*.yml", "SIGHTLINE_ALERTING_INTERVAL": "30s"}[name]
		return v, ok
	})
	if err != nil || !slices.Equal(c.Alerting.Rules, []string{"a.yml", "b/*.yml"}) || time.Duration(c.Alerting.Interval) != 30*time.Second {
		t.Errorf("%+v, %v", c.Alerting, err)
	}
	if d := DefaultConfig().Alerting; len(d.Rules) != 0 || time.Duration(d.Interval) != time.Minute || d.QueryOffset != 0 {
		t.Errorf("by default %+v", d)
	}
	_, err = LoadConfig(writeConfig(t, "alerting:\n  rules: ['', '[']\n  interval: 0s\n  query_offset: 2h\n  external_labels: {0site: x}\n  url: sightline\n  alertmanagers: ['a:9093']\n"), noEnviron)
	for _, path := range []string{"alerting.rules[0]", "alerting.rules[1]", "alerting.interval", "alerting.query_offset", "alerting.external_labels.0site", "alerting.url", "alerting.alertmanagers[0]"} {
		if err == nil || !strings.Contains(err.Error(), path+":") {
			t.Errorf("%s is not a problem of %v", path, err)
		}
	}
}

// command runs sightline with arguments.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	c := rootCommand()
	c.SetArgs(args)
	c.SetOut(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCheckRules(t *testing.T) {
	out, err := command(t, "check", "rules", "deploy/alerting/*.yml")
	if err != nil || !strings.Contains(out, "deploy/alerting/rules.yml: ") || !strings.HasSuffix(out, "the rules are fine\n") {
		t.Errorf("%q, %v", out, err)
	}
	bad := filepath.Join(t.TempDir(), "bad.yml")
	if err := os.WriteFile(bad, []byte("groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: sum(\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, "check", "rules", "deploy/alerting/rules.yml", bad); err == nil || !strings.Contains(err.Error(), bad+":5:") {
		t.Errorf("%v", err)
	}
	if _, err := command(t, "check", "rules", bad+".not"); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("%v", err)
	}
	config := writeConfig(t, "data_dir: "+t.TempDir()+"\nalerting: {rules: ["+bad+"]}\n")
	if _, err := command(t, "check", "config", config); err == nil || !strings.Contains(err.Error(), bad+":5:") {
		t.Errorf("check config: %v", err)
	}
}
