// Package logs keeps log records in ClickHouse and reads them back: the table's one Go declaration, the writer that turns OTLP
// protobuf into Native columns, and the readers.
package logs

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
)

// ErrNotFound is returned where a record that was asked for is not stored (or no longer).
var ErrNotFound = errors.New("not found")

// ID is a record's identity, and its place: records of one time are in the order in which they came.
type ID struct {
	Time  time.Time // UTC, ns
	Batch batch.ID
	Seq   uint32
}

// IsZero reports whether it names no record.
func (id ID) IsZero() bool { return id == ID{} }

// String is 38 characters that are safe in a path.
func (id ID) String() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(id.Time.UnixNano()))
	b = append(b, id.Batch[:]...)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(b, id.Seq))
}

// ParseID reads String's text.
func ParseID(text string) (id ID, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 28 {
		return id, fmt.Errorf("parse record id %q: want 38 characters of base64", text)
	}
	id.Time = unixTime(int64(binary.BigEndian.Uint64(b)))
	copy(id.Batch[:], b[8:])
	id.Seq = binary.BigEndian.Uint32(b[24:])
	return id, nil
}

// Record is one stored log record.
type Record struct {
	ID           ID
	Sent         uint64   // time_unix_nano as it was sent; 0: it was not. ID.Time is what counts
	Observed     uint64   // observed_time_unix_nano as it was sent; 0: it was not
	TraceID      [16]byte // zeros: none
	SpanID       uint64   // big-endian reading; 0: none
	Flags        uint32
	Severity     int32 // severity_number as sent
	SeverityText string
	EventName    string
	Body         encode.Value // its key is empty
	BodyBytes    int          // length of the body's text as stored; a search may give the beginning only
	Attrs        []encode.Value
	DroppedAttrs uint32

	Service, Namespace, Env, Version string
	Scope                            Scope
	ResourceID                       [16]byte
	Resource                         *Resource // of a single record only
}

// Scope is the instrumentation scope, the logger.
type Scope struct {
	Name, Version, SchemaURL string
	Attrs                    []encode.Value
	DroppedAttrs             uint32
}

// Resource is what the telemetry comes from.
type Resource struct {
	SchemaURL    string
	Attrs        []encode.Value
	DroppedAttrs uint32
}

// levelNames are the severities that people speak of; the first is for numbers that OTLP does not know.
var levelNames = [...]string{"unset", "trace", "debug", "info", "warn", "error", "fatal"}

// textLevels are the first numbers of severities by their text, where no number was sent.
var textLevels = []struct {
	text   string
	number int
}{
	{"trace", 1}, {"debug", 5}, {"info", 9}, {"information", 9}, {"notice", 10}, {"warn", 13}, {"warning", 13}, {"error", 17}, {"err", 17},
	{"fatal", 21}, {"critical", 21}, {"crit", 21}, {"alert", 21}, {"emerg", 21}, {"panic", 21},
}

// Level is the severity in a word: by its number, or by its text where there is none.
func (r *Record) Level() string {
	n := int(r.Severity)
	if n == 0 {
		text := strings.ToLower(r.SeverityText)
		for _, l := range textLevels {
			if l.text == text {
				n = l.number
			}
		}
	}
	if n < 1 || n > 24 {
		return levelNames[0]
	}
	return levelNames[(n+3)/4]
}

// Range is a half-open stretch of time, [From, To).
type Range struct{ From, To time.Time }

// unixTime is a time in ns since 1970 as the SQL gives it.
func unixTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }
