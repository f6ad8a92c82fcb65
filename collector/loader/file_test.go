package loader

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func TestStateSurvivesAnyOneDamagedByte(t *testing.T) {
	payload := []byte(`{"version":1,"journal":"0102030405060708"}`)
	file := seal(payload)
	for i := range file {
		damaged := bytes.Clone(file)
		damaged[i] ^= 1 << (i % 8)
		got, hurt, err := unseal(damaged)
		if err != nil || !bytes.Equal(got, payload) {
			t.Fatalf("byte %d damaged: %q, %v", i, got, err)
		}
		if !hurt {
			t.Errorf("byte %d damaged, and nobody is told", i)
		}
	}
}

func TestStateSurvivesACutEnd(t *testing.T) {
	payload := bytes.Repeat([]byte("x"), 100)
	file := seal(payload)
	for size := range file {
		got, _, err := unseal(file[:size])
		if size >= len(file)/2 && (err != nil || !bytes.Equal(got, payload)) {
			t.Fatalf("cut at %d of %d: %v", size, len(file), err)
		}
		if size < len(file)/2-1 && !errors.Is(err, errDamaged) {
			t.Fatalf("cut at %d of %d: read %q, %v", size, len(file), got, err)
		}
	}
}

func FuzzUnsealGivesWhatWasSealedOrAnError(f *testing.F) {
	f.Add([]byte("{}"), uint64(1), 3)
	f.Fuzz(func(t *testing.T, payload []byte, seed uint64, flips int) {
		file := seal(payload)
		rnd := rand.New(rand.NewPCG(seed, 0))
		for range min(max(flips, 0), 100) {
			file[rnd.IntN(len(file))] ^= byte(1 + rnd.IntN(255))
		}
		if got, _, err := unseal(file); err == nil && !bytes.Equal(got, payload) {
			t.Errorf("sealed %q, unsealed %q", payload, got)
		}
	})
}

func TestReplaceFileLeavesOldOrNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for i, data := range []string{"old", "new"} {
		func() {
			defer func() { _ = recover() }()
			_ = replaceFile(path, []byte(data), func(string) {
				if i == 1 {
					panic("the process dies here")
				}
			})
		}()
		if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
			t.Fatalf("after %q: %q, %v", data, got, err)
		}
	}
}
