package traces_test

import (
	"os"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/storagetest"
)

// patience is how long what has to be complete may take: tests do not rest on how fast the machine is.
const patience = time.Minute

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }
