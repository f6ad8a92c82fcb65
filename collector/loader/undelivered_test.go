package loader

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDeadLettersTellWhatTheyHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dead_letters.jsonl")
	if got, err := readDeadLetters(path); err != nil || got.Letters != 0 || got.Last != nil {
		t.Errorf("no file: %+v, %v", got, err)
	}
	letters := newDeadLetters(path, [8]byte{1}, 1<<20)
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		l := deadLetter{Time: at.Add(time.Duration(i) * time.Second), Reason: reasonRefused, Error: "no", Signal: "traces", Project: "p", Items: uint64(i + 1), Body: make([]byte, 300<<10/2)}
		l.Position.Offset = int64(i)
		if _, err := letters.put([]deadLetter{l}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readDeadLetters(path)
	if err != nil || got.Letters != 3 || got.Last == nil || got.Last.Items != 3 || got.Last.Reason != "engine_rejected" || !got.Last.Time.Equal(at.Add(2*time.Second)) || got.Bytes != letters.size {
		t.Errorf("%+v, %v", got, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600) // a crash while one was written
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"half`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if got, err := readDeadLetters(path); err != nil || got.Letters != 3 || got.Last.Items != 3 {
		t.Errorf("with half a letter: %+v, %v", got, err)
	}
}
