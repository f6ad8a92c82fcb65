package engine_test

import (
	"testing"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/storagetest"
)

// Whoever measures questions may ask for an engine that remembers nothing of their conditions; nobody else gets one.
func TestConditionCache(t *testing.T) {
	t.Parallel()
	remembers := func(db *conn.DB) string {
		t.Helper()
		s, err := conn.One[string](t.Context(), db, conn.Query{SQL: "SELECT toString(getSetting('use_query_condition_cache'))"})
		must(t, err)
		return s
	}
	if got := remembers(storagetest.Empty(t)); got != "true" {
		t.Errorf("by default: %q", got)
	}
	command, err := storagetest.Command()
	must(t, err)
	e, err := engine.Start(t.Context(), engine.Config{Dir: t.TempDir(), Command: command, NoConditionCache: true})
	must(t, err)
	t.Cleanup(func() { closeEngine(t, e) })
	if got := remembers(connect(t, e)); got != "false" {
		t.Errorf("without: %q", got)
	}
}
