package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
)

func configured(traces int, services map[string]ServiceRetention, from map[string]string) Config {
	c := DefaultConfig()
	c.Retention.Traces, c.Retention.Services, c.From = Duration(time.Duration(traces)*day), services, from
	return c
}

func openSettings(t *testing.T, path string, c Config) *Settings {
	t.Helper()
	s, err := OpenSettings(path, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSettingsLieOverTheConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "settings.json")
	c := configured(7, map[string]ServiceRetention{"payments": {Traces: Duration(30 * day)}, "cart": {Traces: Duration(2 * day), Logs: Duration(3 * day)}},
		map[string]string{"retention.services.payments": "sightline.yaml", "retention.services.cart.logs": "sightline.yaml", "retention.logs": "SIGHTLINE_RETENTION_LOGS"})
	s := openSettings(t, path, c)
	set := query.RetentionSettings{Signals: map[string]int{"traces": 3}, Services: map[string]map[string]int{"web": {"logs": 14}, "payments": {"traces": 0}, "cart": {"traces": 5}}}
	applied := 0
	apply := func(RetentionConfig) error { applied++; return nil }
	if err := s.change(query.RetentionChange{Set: set}, "ada", apply); err != nil || applied != 1 {
		t.Fatalf("%v, applied %d times", err, applied)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := s.change(query.RetentionChange{Set: set}, "bob", apply); !errors.Is(err, query.ErrRevision) {
		t.Errorf("changed what was not read: %v", err)
	}
	s = openSettings(t, path, c) // a restart
	kept := s.Retention()
	p := kept.policy(false)
	if p.Of("payments") != 3 || p.Of("web") != 3 || p.Of("cart") != 5 || p.Logs.Of("web") != 14 || p.Logs.Of("cart") != 3 || p.Logs.Of("x") != 7 {
		t.Errorf("%+v", p)
	}
	v := s.view(kept, s.file.Retention)
	if v.Revision != 1 || v.By != "ada" || v.Changed == nil {
		t.Errorf("%+v", v)
	}
	want := map[string]query.RetentionValue{
		"traces": {Days: 3, From: "here", Without: 7}, "logs": {Days: 7, From: "environment", Name: "SIGHTLINE_RETENTION_LOGS", Without: 7}, "metrics": {Days: 30, From: "default", Without: 30},
		"rollups": {Days: 90, From: "default", Without: 90}, "web logs": {Days: 14, From: "here"}, "payments traces": {Days: 0, From: "here", Without: 30},
		"cart traces": {Days: 5, From: "here", Without: 2}, "cart logs": {Days: 3, From: "file", Name: "sightline.yaml", Without: 3},
	}
	check := func(key string, got query.RetentionValue) {
		t.Helper()
		w, ok := want[key]
		if w.Signal = got.Signal; !ok || got != w {
			t.Errorf("%s is %+v, want %+v", key, got, w)
		}
		delete(want, key)
	}
	for _, value := range v.Signals {
		check(value.Signal, value)
	}
	for _, own := range v.Services {
		for _, value := range own.Values {
			check(own.Service+" "+value.Signal, value)
		}
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
	// Reset: all is as configured.
	if err := s.change(query.RetentionChange{Revision: 1}, "", apply); err != nil {
		t.Fatal(err)
	}
	kept = s.Retention()
	if p := kept.policy(false); p.Of("payments") != 30 || p.Of("web") != 7 || p.Of("cart") != 2 {
		t.Errorf("%+v", p)
	}
}

func TestSettingsThatMakeNoSenseAreRefusedWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s := openSettings(t, path, configured(7, nil, nil))
	f := func(set query.RetentionSettings, want string) {
		t.Helper()
		err := s.change(query.RetentionChange{Set: set}, "", func(RetentionConfig) error { t.Error("applied"); return nil })
		var problems query.RetentionProblems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", set, err, want)
		}
	}
	f(query.RetentionSettings{Signals: map[string]int{"traces": 0}}, "retention.traces: 0 is not a number of days between 1")
	f(query.RetentionSettings{Signals: map[string]int{"spans": 3}}, "retention.spans: there is no such signal")
	f(query.RetentionSettings{Services: map[string]map[string]int{"a": {"rollups": 3}}}, "retention.services.a.rollups: there is no such signal")
	f(query.RetentionSettings{Services: map[string]map[string]int{"": {"traces": 3}}}, "has no name")
	f(query.RetentionSettings{Services: map[string]map[string]int{"a": {"traces": 1, "logs": 2, "metrics": 3}, "b": {"traces": 4, "logs": 5, "metrics": 6}, "c": {"traces": 8}}}, "9 different durations")
	if _, err := os.Stat(path); err == nil {
		t.Error("something was written")
	}
}

func TestSettingsThatCannotBeAppliedAreTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s := openSettings(t, path, configured(7, nil, nil))
	broken := errors.New("disk full")
	if err := s.change(query.RetentionChange{Set: query.RetentionSettings{Signals: map[string]int{"traces": 3}}}, "", func(RetentionConfig) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	for _, s := range []*Settings{s, openSettings(t, path, configured(7, nil, nil))} {
		if kept := s.Retention(); kept.Traces.Days() != 7 {
			t.Errorf("kept for %s", kept.Traces)
		}
	}
}

func TestSettingsThatCannotBeReadKeepItFromStarting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	many := map[string]ServiceRetention{}
	for i := range 7 {
		many[string(rune('a'+i))] = ServiceRetention{Traces: Duration(time.Duration(10+i) * day)}
	}
	f := func(text string, c Config, want string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenSettings(path, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	f(`{"format`, DefaultConfig(), "mend it, or remove it")
	f(`{"format":2}`, DefaultConfig(), "a later one")
	f(`{"format":1,"retention":{"signals":{"traces":4,"logs":5}}}`, configured(7, many, nil), "10 different durations") // 4, 5, 30 and seven
}
