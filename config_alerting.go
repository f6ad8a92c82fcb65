package main

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/query/alert"
)

// AlertingConfig says which rules are evaluated: docs/alerting.md.
type AlertingConfig struct {
	Rules       []string `yaml:"rules"`        // patterns of Prometheus rule files, from the config file's folder on
	Interval    Duration `yaml:"interval"`     // of groups that have none of their own
	QueryOffset Duration `yaml:"query_offset"` // how far back of its time an evaluation looks
	// ExternalLabels are of this instance: templates of annotations know them.
	ExternalLabels map[string]string `yaml:"external_labels"`
	Alertmanagers  []string          `yaml:"alertmanagers"` // addresses of who is told of what fires
	URL            string            `yaml:"url"`           // of the page, as people reach it, for templates; empty: as it listens
}

func defaultAlerting() AlertingConfig {
	return AlertingConfig{Rules: []string{}, Interval: Duration(time.Minute), ExternalLabels: map[string]string{}, Alertmanagers: []string{}}
}

func (a *AlertingConfig) problems(add func(path, format string, args ...any)) {
	for i, pattern := range a.Rules {
		path := fmt.Sprintf("alerting.rules[%d]", i)
		if pattern == "" {
			add(path, "is empty; name a file or a pattern such as rules/*.yml")
		} else if _, err := filepath.Match(pattern, ""); err != nil {
			add(path, "%q is not a pattern of file names", pattern)
		}
	}
	if d := time.Duration(a.Interval); d < time.Second || d > 24*time.Hour {
		add("alerting.interval", "%s is not between 1s and 24h", a.Interval)
	}
	if d := time.Duration(a.QueryOffset); d > time.Hour {
		add("alerting.query_offset", "%s is more than 1h", a.QueryOffset)
	}
	for _, name := range slices.Sorted(maps.Keys(a.ExternalLabels)) {
		if !isLabel(name) {
			add("alerting.external_labels."+name, "is not the name of a label: letters, digits and _, not first a digit")
		}
	}
	for i, address := range a.Alertmanagers {
		if !isHTTP(address) {
			add(fmt.Sprintf("alerting.alertmanagers[%d]", i), "is not an address like http://alertmanager:9093") // it may have a password
		}
	}
	if a.URL != "" && !isHTTP(a.URL) {
		add("alerting.url", "%q is not an address like https://sightline.example", a.URL)
	}
}

func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func isLabel(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && name != "" && (name[0] < '0' || name[0] > '9')
}

// from makes the patterns begin at a folder: that of the file that names them.
func (a *AlertingConfig) from(folder string) {
	for i, pattern := range a.Rules {
		if pattern != "" && !filepath.IsAbs(pattern) {
			a.Rules[i] = filepath.Join(folder, pattern)
		}
	}
}

// broken are the problems of the rule files, for `check config`; the program itself starts with them and says so.
func (a *AlertingConfig) broken() []string {
	_, problems := alert.Check(a.Rules)
	return problems
}
