package loader

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sightline/sightline/collector/journal"
)

func letter(offset int64, body string) deadLetter {
	return deadLetter{Reason: reasonMalformed, Project: "shop", Items: 1, Position: journal.Position{Segment: 1, Offset: offset}, Body: []byte(body)}
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

func TestDeadLetterIsWrittenOnceAcrossRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dead")
	for range 3 {
		d := newDeadLetters(path, [8]byte{1}, 1<<20)
		for range 2 {
			if lost, err := d.put([]deadLetter{letter(1, "a"), letter(2, "b")}); lost != 0 || err != nil {
				t.Fatal(lost, err)
			}
		}
	}
	if got := readLines(t, path); len(got) != 2 {
		t.Errorf("%d lines, want 2: %q", len(got), got)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestTornDeadLetterIsCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dead")
	d := newDeadLetters(path, [8]byte{1}, 1<<20)
	if _, err := d.put([]deadLetter{letter(1, "a"), letter(2, "b")}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	d = newDeadLetters(path, [8]byte{1}, 1<<20)
	if _, err := d.put([]deadLetter{letter(1, "a"), letter(2, "b")}); err != nil {
		t.Fatal(err)
	}
	if got := readLines(t, path); len(got) != 2 || strings.Contains(strings.Join(got, "\n"), "}{") {
		t.Errorf("after the crash: %q", got)
	}
}

func TestFullDeadLetterFileCountsAndGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dead")
	d := newDeadLetters(path, [8]byte{1}, 2000)
	lost, err := d.put([]deadLetter{letter(1, "small"), letter(2, string(bytes.Repeat([]byte("x"), 3000))), letter(3, "small")})
	if lost != 1 || err != nil {
		t.Errorf("lost %d, %v", lost, err)
	}
	if got := readLines(t, path); len(got) != 2 {
		t.Errorf("%d lines, want 2", len(got))
	}
}
