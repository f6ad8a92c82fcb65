package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/sightline/sightline/storage/engine"
)

// TestMain lets the tests' program be the engine's process, as the real one is when it starts itself.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "engine" {
		if err := engine.Main(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
