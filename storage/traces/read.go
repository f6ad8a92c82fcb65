package traces

import (
	"context"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

// Reader reads traces and what is summed up of them. Every read is bound to a project and to a range of time. Safe for
// concurrent use.
type Reader struct {
	db      *conn.DB
	now     func() time.Time // what is open: minutes that may still get spans are read from spans, not from rollups
	sources sources
	labels  labels
	large   chan struct{} // holds the one that reads a large trace

	recentRed   *recent[redRow]
	recentEdges *recent[edgeRow]
}

// NewReader makes a reader.
func NewReader(db *conn.DB) *Reader {
	return &Reader{db: db, now: time.Now, large: make(chan struct{}, 1), recentRed: newRecent[redRow](), recentEdges: newRecent[edgeRow]()}
}

// IsZero reports whether the range says nothing.
func (r Range) IsZero() bool { return r.From.IsZero() && r.To.IsZero() }

// widen is the range with a margin on both sides.
func (r Range) widen(by time.Duration) Range { return Range{r.From.Add(-by), r.To.Add(by)} }

// covers reports whether the other lies inside.
func (r Range) covers(other Range) bool { return !other.From.Before(r.From) && !other.To.After(r.To) }

// union is the shortest range that covers both.
func (r Range) union(other Range) Range {
	if other.From.Before(r.From) {
		r.From = other.From
	}
	if other.To.After(r.To) {
		r.To = other.To
	}
	return r
}

// params are the parameters that every read has.
func (r Range) params(project string) []conn.Param {
	return []conn.Param{conn.Str("project", project), conn.Time("from", r.From), conn.Time("to", r.To)}
}

// unixTime is a time in ns since 1970 as the SQL gives it.
func unixTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// fixed is an id as a FixedString parameter.
func fixed(name string, id [16]byte) conn.Param { return conn.Str(name, string(id[:])) }

// fixedArray is ids as an Array(FixedString(16)) parameter.
func fixedArray[T ~[16]byte](name string, ids []T) conn.Param {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id[:])
	}
	return conn.Strings(name, texts)
}

// interner shares equal strings: a trace repeats a few names many times.
type interner map[string]string

func (in interner) share(s *string) {
	if known, ok := in[*s]; ok {
		*s = known
		return
	}
	in[*s] = *s
}

// TableSize is what a table takes.
type TableSize struct {
	Table string `ch:"table"`
	Rows  uint64 `ch:"rows"`
	Bytes uint64 `ch:"bytes"` // on disk, compressed, of active parts
	Parts uint64 `ch:"parts"`
}

// Sizes are the tables of the database by name, those without rows left out.
func (r *Reader) Sizes(ctx context.Context) ([]TableSize, error) {
	sizes, err := conn.All[TableSize](ctx, r.db, conn.Query{SQL: sizesSQL, Params: []conn.Param{conn.Str("database", r.db.Database())}})
	if err != nil {
		return nil, fmt.Errorf("read table sizes: %w", err)
	}
	return sizes, nil
}

// HasSpans reports whether the project has any span.
func (r *Reader) HasSpans(ctx context.Context, project string) (bool, error) {
	n, err := conn.One[uint64](ctx, r.db, conn.Query{SQL: hasSpansSQL, Params: []conn.Param{conn.Str("project", project)}})
	if err != nil {
		return false, fmt.Errorf("look for spans: %w", err)
	}
	return n > 0, nil
}
