// Command engined is the storage engine's child process alone, for tests: building it apart keeps -race and coverage out of the
// process that runs libchdb.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/sightline/sightline/storage/engine"
)

func main() {
	if err := engine.Main(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
