package logs

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
)

// The statements of the readers; each file says what it is for.
var (
	//go:embed records.sql
	recordsSQL string
	//go:embed resource.sql
	resourceSQL string
	//go:embed has.sql
	hasSQL string
)

// The orders in which records are read.
const (
	newestFirst = "DESC"
	oldestFirst = "ASC"
)

// statement puts conditions and an order into records.sql.
func statement(conditions, order string) string {
	return strings.NewReplacer("/* when */", conditions, "/* order */", order).Replace(recordsSQL)
}

// Reader reads log records. Every read is bound to a project. Safe for concurrent use.
type Reader struct {
	db  *conn.DB
	now func() time.Time
}

// NewReader makes a reader.
func NewReader(db *conn.DB) *Reader { return &Reader{db: db, now: time.Now} }

// recordRow is a row of records.sql.
type recordRow struct {
	Time           int64              `ch:"time_ns"`
	Sent           uint8              `ch:"sent"`
	TimeOffset     int64              `ch:"time_offset"`
	ObservedOffset int64              `ch:"observed_offset"`
	TraceID        [16]byte           `ch:"trace_id"`
	SpanID         uint64             `ch:"span_id"`
	Flags          uint32             `ch:"flags"`
	Severity       int32              `ch:"severity"`
	SeverityText   string             `ch:"severity_text"`
	EventName      string             `ch:"event_name"`
	Body           string             `ch:"body_begin"`
	BodyBytes      uint64             `ch:"body_bytes"`
	DroppedAttrs   uint32             `ch:"dropped_attrs"`
	ResourceID     [16]byte           `ch:"resource_id"`
	Service        string             `ch:"service"`
	Namespace      string             `ch:"namespace"`
	Env            string             `ch:"env"`
	Version        string             `ch:"version"`
	ScopeName      string             `ch:"scope_name"`
	ScopeVersion   string             `ch:"scope_version"`
	ScopeURL       string             `ch:"scope_schema_url"`
	ScopeAttrs     map[string]string  `ch:"scope_attrs"`
	ScopeDropped   uint32             `ch:"scope_dropped_attrs"`
	Attrs          map[string]string  `ch:"attrs"`
	Ints           map[string]int64   `ch:"attrs_int"`
	Floats         map[string]float64 `ch:"attrs_float"`
	Batch          [16]byte           `ch:"batch_bytes"`
	Seq            uint32             `ch:"seq"`
}

func (w *recordRow) record() Record {
	r := Record{
		ID: ID{unixTime(w.Time), batch.ID(w.Batch), w.Seq}, TraceID: w.TraceID, SpanID: w.SpanID, Flags: w.Flags,
		Severity: w.Severity, SeverityText: w.SeverityText, EventName: w.EventName,
		Attrs: encode.ValuesOf(w.Attrs, w.Ints, w.Floats), DroppedAttrs: w.DroppedAttrs,
		Service: w.Service, Namespace: w.Namespace, Env: w.Env, Version: w.Version,
		Scope: Scope{
			Name: w.ScopeName, Version: w.ScopeVersion, SchemaURL: w.ScopeURL, Attrs: encode.ValuesOf(w.ScopeAttrs, nil, nil), DroppedAttrs: w.ScopeDropped,
		},
		ResourceID: w.ResourceID,
	}
	if w.Sent&sentTime != 0 {
		r.Sent = uint64(w.Time + w.TimeOffset)
	}
	if w.Sent&sentObserved != 0 {
		r.Observed = uint64(w.Time + w.ObservedOffset)
	}
	stored := w.Body
	if uint64(len(stored)) < w.BodyBytes { // cut between bytes; what is stored is valid
		for i := 1; i < utf8.UTFMax && !utf8.ValidString(stored[max(0, len(stored)-utf8.UTFMax):]); i++ {
			stored = stored[:len(stored)-1]
		}
	}
	r.Body.Type, r.Body.Text = encode.DecodeValue(stored)
	r.BodyBytes = int(w.BodyBytes) - (len(stored) - len(r.Body.Text))
	return r
}

// anyBody is a limit for bodies that leaves them whole.
const anyBody = 1 << 30

// read gives records in an order, limit at most; of bodies the first bytes.
func (r *Reader) read(ctx context.Context, conditions, order string, params []conn.Param, limit, body int, q conn.Query) ([]Record, error) {
	q.SQL = statement(conditions, order)
	q.Params = append(params, conn.Uint("limit", uint64(limit)), conn.Uint("body", uint64(body)))
	var found []Record
	for row, err := range conn.Rows[recordRow](ctx, r.db, q) {
		if err != nil {
			return nil, err
		}
		found = append(found, row.record())
	}
	return found, nil
}

// Record gives one record with everything, its resource included.
func (r *Reader) Record(ctx context.Context, project string, id ID) (Record, error) {
	if id.Time.Before(time.Unix(0, 0)) {
		return Record{}, ErrNotFound
	}
	const conditions = "AND time = {time:DateTime64(9, 'UTC')} AND batch = {batch:UInt128} AND seq = {seq:UInt32}"
	params := []conn.Param{conn.Str("project", project), conn.Time("time", id.Time), conn.Str("batch", id.Batch.String()), conn.Uint("seq", id.Seq)}
	found, err := r.read(ctx, conditions, newestFirst, params, 1, anyBody, conn.Query{})
	if err != nil {
		return Record{}, fmt.Errorf("read record: %w", err)
	}
	if len(found) == 0 {
		return Record{}, ErrNotFound
	}
	rec := found[0]
	type row struct {
		Attrs     map[string]string  `ch:"attrs"`
		Ints      map[string]int64   `ch:"attrs_int"`
		Floats    map[string]float64 `ch:"attrs_float"`
		Dropped   uint32             `ch:"dropped_attrs"`
		SchemaURL string             `ch:"schema_url"`
	}
	res, err := conn.One[row](ctx, r.db, conn.Query{SQL: resourceSQL, Params: []conn.Param{conn.Str("project", project), conn.Str("id", string(rec.ResourceID[:]))}})
	if err != nil && !errors.Is(err, conn.ErrNoRows) {
		return Record{}, fmt.Errorf("read resource of record: %w", err)
	}
	rec.Resource = &Resource{SchemaURL: res.SchemaURL, Attrs: encode.ValuesOf(res.Attrs, res.Ints, res.Floats), DroppedAttrs: res.Dropped}
	return rec, nil
}

// TraceQuery asks for the records of a trace, oldest first.
type TraceQuery struct {
	Project   string
	TraceID   [16]byte
	SpanID    uint64 // of this span alone; 0: of all
	Range     Range  // zero: wherever they are
	Limit     int
	BodyLimit int // bytes; 0: bodies are whole
}

// Trace gives the earliest records of a trace, and whether there are more.
func (r *Reader) Trace(ctx context.Context, q TraceQuery) (found []Record, more bool, err error) {
	conditions := "AND trace_id = {trace_id:FixedString(16)}"
	params := []conn.Param{conn.Str("project", q.Project), conn.Str("trace_id", string(q.TraceID[:]))}
	if q.SpanID != 0 {
		conditions += " AND span_id = {span_id:UInt64}"
		params = append(params, conn.Uint("span_id", q.SpanID))
	}
	if q.Range != (Range{}) {
		conditions += " AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}"
		params = append(params, conn.Time("from", q.Range.From), conn.Time("to", q.Range.To))
	}
	if q.BodyLimit <= 0 {
		q.BodyLimit = anyBody
	}
	if found, err = r.read(ctx, conditions, oldestFirst, params, q.Limit+1, q.BodyLimit, conn.Query{}); err != nil {
		return nil, false, fmt.Errorf("read records of trace: %w", err)
	}
	more = len(found) > q.Limit
	return found[:min(len(found), q.Limit)], more, nil
}

// HasRecords reports whether the project has any record.
func (r *Reader) HasRecords(ctx context.Context, project string) (bool, error) {
	n, err := conn.One[uint64](ctx, r.db, conn.Query{SQL: hasSQL, Params: []conn.Param{conn.Str("project", project)}})
	if err != nil {
		return false, fmt.Errorf("look for records: %w", err)
	}
	return n > 0, nil
}
