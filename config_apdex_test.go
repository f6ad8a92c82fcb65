package main

import (
	"strings"
	"testing"
	"time"
)

func TestApdexThresholds(t *testing.T) {
	c, err := LoadConfig(writeConfig(t, "apdex:\n  threshold: 250ms\n  services: {report: 3s}\n"), noEnviron)
	if err != nil {
		t.Fatal(err)
	}
	if web, report := c.Apdex.of("web"), c.Apdex.of("report"); web != 250*time.Millisecond || report != 3*time.Second {
		t.Errorf("web %v, report %v", web, report)
	}
	if c := DefaultConfig(); c.Apdex.of("web") != 500*time.Millisecond {
		t.Errorf("by default %v", c.Apdex.of("web"))
	}
	_, err = LoadConfig(writeConfig(t, "apdex:\n  threshold: 0s\n  services: {report: 0s}\n"), noEnviron)
	if err == nil || !strings.Contains(err.Error(), "apdex.threshold") || !strings.Contains(err.Error(), "apdex.services.report") {
		t.Errorf("got %v", err)
	}
}
