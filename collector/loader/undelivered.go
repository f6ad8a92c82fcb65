package loader

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// DeadLetters is what the dead-letter file holds.
type DeadLetters struct {
	File    string
	Bytes   int64
	Letters int // requests, or parts of them
	Last    *DeadLetter
}

// DeadLetter is a request that could not be stored, without its body.
type DeadLetter struct {
	Time     time.Time
	Received time.Time
	Reason   string
	Error    string
	Signal   string
	Project  string
	Items    uint64
}

// DeadLetters reads the file; it costs as much as the file is long, 64 MiB at most unless configured.
func (l *Loader) DeadLetters() (DeadLetters, error) { return readDeadLetters(l.cfg.DeadLetterFile) }

func readDeadLetters(path string) (DeadLetters, error) {
	out := DeadLetters{File: path}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("read dead letters: %w", err)
	}
	defer f.Close()
	var last int64 // where the last whole line begins
	var begin int64
	buffer := make([]byte, 256<<10)
	for {
		n, err := f.Read(buffer)
		for at, chunk := 0, buffer[:n]; ; {
			i := bytes.IndexByte(chunk[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			out.Letters++
			last, begin = begin, out.Bytes+int64(at)
		}
		out.Bytes += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, fmt.Errorf("read dead letters: %w", err)
		}
	}
	if out.Letters == 0 {
		return out, nil
	}
	var letter deadLetter
	if err := json.NewDecoder(io.NewSectionReader(f, last, begin-last)).Decode(&letter); err != nil {
		return out, fmt.Errorf("read the last dead letter: %w", err)
	}
	out.Last = &DeadLetter{Time: letter.Time, Received: letter.Received, Reason: letter.Reason, Error: letter.Error, Signal: letter.Signal, Project: letter.Project, Items: letter.Items}
	return out, nil
}
