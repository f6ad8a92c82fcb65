package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// room is what the disk must have left for an engine to start and for an INSERT to begin: more than the largest batch needs.
const room = 64 << 20

// lostWrites asks how many writes to a file have failed since the engine started.
//
// The library goes on when write(2) fails: of WriteBufferFromFileDescriptor::nextImpl only the counter is left, the exception is
// commented out. A part is then stored, and its INSERT answered or its sources replaced, although its files are cut short. An engine
// that lost a write is ended before it answers: when the next one opens a table it sets aside every part whose files are shorter
// than its checksums say, and takes up again the parts that a merge had read, which stay on the disk for eight minutes.
const lostWrites = "SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"

// checkWritten ends the process when the engine has lost a write.
func checkWritten(p *pooled) {
	text, err := p.text(lostWrites)
	if err != nil {
		return // it can't be asked: the next statement asks again
	}
	if n, _ := strconv.ParseUint(strings.TrimSpace(text), 10, 64); n > 0 {
		fmt.Fprintf(os.Stderr, "%d writes to the disk failed, it is full or broken: starting again without what was not written whole\n", n)
		os.Exit(1)
	}
}

// roomFor says whether the disk of a folder has room for an engine's work.
func roomFor(dir string) error {
	free, err := freeBytes(dir)
	if err != nil {
		return fmt.Errorf("ask for the room on the disk of %s: %w", dir, err)
	}
	if free < room {
		return fmt.Errorf("the disk of %s has %d MiB left, the storage engine needs %d MiB: make room", dir, free>>20, room>>20)
	}
	return nil
}
