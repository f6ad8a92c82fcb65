package loader

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sightline/sightline/collector/journal"
)

// Reasons for which acknowledged items end in the dead-letter file.
const (
	reasonMalformed = "malformed"       // the conversion refused a record that the receiver accepted
	reasonRefused   = "engine_rejected" // the engine refused the rows of this one record
	reasonMismatch  = "batch_mismatch"  // a batch was neither absent nor whole: must never happen
	reasonSignal    = "unknown_signal"  // written by a newer version
)

// deadLetter is one line of the dead-letter file: a request that could not be stored, whole, as it can be sent again.
type deadLetter struct {
	Time       time.Time        `json:"time"`
	Reason     string           `json:"reason"`
	Error      string           `json:"error"`
	Signal     string           `json:"signal"`
	Project    string           `json:"project"`
	Received   time.Time        `json:"received"`
	Items      uint64           `json:"items"` // that are not stored
	Journal    string           `json:"journal"`
	Position   journal.Position `json:"position"`             // just behind the record
	Partitions []blockName      `json:"partitions,omitempty"` // only these rows of the request; absent: all
	Rejected   []uint32         `json:"rejected,omitempty"`   // ordinals that were refused before and are not part of it
	Body       []byte           `json:"body,omitempty"`       // ExportTraceServiceRequest, protobuf
}

// key tells letters apart: a replay after a crash writes the same ones again.
func (d *deadLetter) key() string {
	return fmt.Sprint(d.Journal, d.Position, d.Reason, d.Partitions)
}

// deadLetters is the file of them: JSON lines, 0600, capped. Past the cap items are counted but their bodies are lost, which the log
// says; the queue must not stop for them.
type deadLetters struct {
	path    string
	journal string
	limit   int64

	known map[string]bool // keys in the file; nil until first needed
	size  int64
	full  bool
}

func newDeadLetters(path string, id [8]byte, limit int64) *deadLetters {
	return &deadLetters{path: path, journal: hex.EncodeToString(id[:]), limit: limit}
}

// put makes the letters durable. lost says how many did not fit.
func (d *deadLetters) put(letters []deadLetter) (lost int, err error) {
	if len(letters) == 0 {
		return 0, nil
	}
	if err := d.open(); err != nil {
		return 0, fmt.Errorf("open dead letters: %w", err)
	}
	f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open dead letters: %w", err)
	}
	lost, err = d.write(f, letters)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = syncDir(filepath.Dir(d.path))
	}
	if err != nil {
		d.known = nil // what is in the file is unknown now: read it again
		return lost, fmt.Errorf("write dead letters: %w", err)
	}
	return lost, nil
}

func (d *deadLetters) write(w io.Writer, letters []deadLetter) (lost int, err error) {
	for i := range letters {
		letter := &letters[i]
		letter.Journal = d.journal
		if d.known[letter.key()] {
			continue
		}
		line, err := json.Marshal(letter)
		if err != nil {
			return lost, err
		}
		if d.size+int64(len(line))+1 > d.limit {
			lost, d.full = lost+1, true
			continue
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return lost, err
		}
		d.size += int64(len(line)) + 1
		d.known[letter.key()] = true
	}
	return lost, nil
}

// open learns what is in the file, and cuts off a line that a crash left half written.
func (d *deadLetters) open() error {
	if d.known != nil {
		return nil
	}
	known := map[string]bool{}
	f, err := os.OpenFile(d.path, os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		d.known, d.size = known, 0
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	whole := int64(0)
	for r := bufio.NewReaderSize(f, 1<<20); ; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		whole += int64(len(line))
		var letter deadLetter
		if json.Unmarshal(bytes.TrimSpace(line), &letter) == nil {
			known[letter.key()] = true
		}
	}
	if err := f.Truncate(whole); err != nil {
		return err
	}
	d.known, d.size = known, whole
	return nil
}
