package jaeger_test

import (
	"os"
	"testing"

	"github.com/sightline/sightline/storage/storagetest"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }
