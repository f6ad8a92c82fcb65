package main

import (
	"maps"
	"slices"
	"time"

	"github.com/sightline/sightline/query/traceapi"
)

// ApdexConfig says how long a request may take to satisfy: Apdex's T.
type ApdexConfig struct {
	Threshold Duration            `yaml:"threshold"` // of services that have none of their own
	Services  map[string]Duration `yaml:"services"`
}

func (a *ApdexConfig) problems(add func(path, format string, args ...any)) {
	if a.Threshold <= 0 {
		add("apdex.threshold", "must be more than nothing, e.g. 500ms")
	}
	for _, name := range slices.Sorted(maps.Keys(a.Services)) {
		if a.Services[name] <= 0 {
			add("apdex.services."+name, "must be more than nothing, e.g. 500ms")
		}
	}
}

// of is T of a service.
func (a *ApdexConfig) of(service string) time.Duration {
	if t, ok := a.Services[service]; ok {
		return time.Duration(t)
	}
	return time.Duration(a.Threshold)
}

func defaultApdex() ApdexConfig {
	return ApdexConfig{Threshold: Duration(traceapi.DefaultThreshold), Services: map[string]Duration{}}
}
