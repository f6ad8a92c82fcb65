package main

import (
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/upkeep"
)

// RetentionConfig says how long data is kept. What is set on the page lies over it: see Settings.
type RetentionConfig struct {
	Traces   Duration                    `yaml:"traces"`
	Logs     Duration                    `yaml:"logs"`
	Metrics  Duration                    `yaml:"metrics"`
	Rollups  Duration                    `yaml:"rollups"`
	Services map[string]ServiceRetention `yaml:"services"`
}

// ServiceRetention is how long what one service sends is kept; what is zero is kept as everything else. Written as a duration alone
// it is that of traces.
type ServiceRetention struct {
	Traces  Duration `yaml:"traces"`
	Logs    Duration `yaml:"logs"`
	Metrics Duration `yaml:"metrics"`
}

// UnmarshalYAML reads the short form.
func (s *ServiceRetention) UnmarshalYAML(node *yaml.Node) error { return s.Traces.UnmarshalYAML(node) }

// serviceSignals are the signals that services may have retentions of their own for.
var serviceSignals = []string{upkeep.Traces, upkeep.Logs, upkeep.Metrics}

// of is where a signal's retention is kept; nil for what services have no say in.
func (s *ServiceRetention) of(signal string) *Duration {
	switch signal {
	case upkeep.Traces:
		return &s.Traces
	case upkeep.Logs:
		return &s.Logs
	case upkeep.Metrics:
		return &s.Metrics
	default:
		return nil
	}
}

func (r *RetentionConfig) of(signal string) *Duration {
	switch signal {
	case upkeep.Traces:
		return &r.Traces
	case upkeep.Logs:
		return &r.Logs
	case upkeep.Metrics:
		return &r.Metrics
	case upkeep.Rollups:
		return &r.Rollups
	default:
		return nil
	}
}

const day = 24 * time.Hour

// maxRetentionClasses is how many different retentions data may have: each is a partition a day (DESIGN section 5).
const maxRetentionClasses = 8

func (r *RetentionConfig) problems(add func(path, format string, args ...any)) {
	check := func(path string, d Duration) {
		if t := time.Duration(d); t < day || t > 3650*day || t%day != 0 {
			add(path, "%s is not a number of days between 1d and 3650d", d)
		}
	}
	for _, signal := range []string{upkeep.Traces, upkeep.Logs, upkeep.Metrics, upkeep.Rollups} {
		check("retention."+signal, *r.of(signal))
	}
	for _, service := range slices.Sorted(maps.Keys(r.Services)) {
		own := r.Services[service]
		if service == "" {
			add("retention.services", "a service has no name")
		}
		if own == (ServiceRetention{}) {
			add("retention.services."+service, "says nothing; give a number of days, or some of traces, logs, metrics")
		}
		for _, signal := range serviceSignals {
			if d := *own.of(signal); d != 0 {
				check("retention.services."+service, d)
			}
		}
	}
	if classes := r.classes(); len(classes) > maxRetentionClasses {
		add("retention.services", "%d different durations; data is kept in at most %d retention classes", len(classes), maxRetentionClasses)
	}
}

// classes are the different durations of traces, logs and metrics, in days, ascending.
func (r *RetentionConfig) classes() []uint16 {
	all := map[uint16]bool{r.Traces.Days(): true, r.Logs.Days(): true, r.Metrics.Days(): true}
	for _, own := range r.Services {
		for _, signal := range serviceSignals {
			if d := *own.of(signal); d != 0 {
				all[d.Days()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Days is a retention in whole days.
func (d Duration) Days() uint16 { return uint16(time.Duration(d) / day) }

// kept is a signal's retention as the writers read it.
func (r *RetentionConfig) kept(signal string) batch.Retention {
	out := batch.Retention{Days: r.of(signal).Days()}
	for service, own := range r.Services {
		if d := *own.of(signal); d != 0 {
			if out.Services == nil {
				out.Services = map[string]uint16{}
			}
			out.Services[service] = d.Days()
		}
	}
	return out
}

// rules are what the keeper drops by.
func (r *RetentionConfig) rules() upkeep.Rules {
	return upkeep.Rules{Traces: r.kept(upkeep.Traces), Logs: r.kept(upkeep.Logs), Metrics: r.kept(upkeep.Metrics), Rollups: r.Rollups.Days()}
}

// policy is how rows are written from now on.
func (r *RetentionConfig) policy(redact bool) batch.Policy {
	return batch.Policy{Retention: r.kept(upkeep.Traces), Logs: r.kept(upkeep.Logs), Metrics: r.kept(upkeep.Metrics), Redact: redact}
}

// limits are how old an item may be when it arrives: the longest that any of its signal is kept.
func (r *RetentionConfig) limits() admission.Retention {
	longest := func(signal string) time.Duration { return time.Duration(r.kept(signal).Longest()) * day }
	return admission.Retention{Traces: longest(upkeep.Traces), Logs: longest(upkeep.Logs), Metrics: longest(upkeep.Metrics)}
}
