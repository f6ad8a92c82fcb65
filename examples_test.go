package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/journal"
)

func TestExamplesOfConfigurationWork(t *testing.T) {
	examples, err := filepath.Glob("deploy/config/examples/*.y*ml")
	if err != nil || len(examples) < 10 {
		t.Fatalf("%d examples, %v", len(examples), err)
	}
	docs, err := os.ReadFile("docs/ingest.md")
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, example := range examples {
		if !strings.Contains(string(docs), "../"+example) {
			t.Errorf("docs/ingest.md does not name %s", example)
		}
		if strings.HasSuffix(example, ".yml") {
			continue // another program's: its test is in collector
		}
		c, err := LoadConfig(example, environOf())
		if err != nil {
			t.Errorf("%s: %v", example, err)
			continue
		}
		if problems := c.overlayExposure(false); len(problems) > 0 {
			t.Errorf("%s: %q", example, problems)
		}
		if _, err := collector.New(collector.Config{GRPC: c.OTLP.GRPC, HTTP: c.OTLP.HTTP, Overlay: c.Collector, Journal: j}); err != nil {
			t.Errorf("%s: %v", example, err)
		}
	}
}
