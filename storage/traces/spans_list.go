package traces

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

//go:embed spans_list.sql
var spansListSQL string

// SpanQuery asks for the spans of a set, newest first, and for some of their attributes.
type SpanQuery struct {
	SpanSet
	Limit   int // 0: 20
	Cursor  SpanCursor
	Columns []filter.Attr
}

// SpanCursor is where a list of spans goes on: behind the Shown-th span of these ids that starts then.
type SpanCursor struct {
	Start   time.Time
	TraceID TraceID
	SpanID  SpanID
	Shown   uint8
}

// IsZero reports whether the list is at its beginning.
func (c SpanCursor) IsZero() bool { return c.Start.IsZero() }

// SpanPage is spans, newest first.
type SpanPage struct {
	Spans []FoundSpan
	Next  SpanCursor // zero: there is no more
	Outcome
}

// FoundSpan is a span of a list. Of Span only what the list shows is set; Values are those of the columns, nil where there is none.
type FoundSpan struct {
	Span
	Values []*Attr
}

// Spans lists the spans of a set. Complete says that the limit is full or the range is through.
func (r *Reader) Spans(ctx context.Context, q SpanQuery) (SpanPage, error) {
	if q.Limit <= 0 {
		q.Limit = defaultSearchLimit
	}
	q.Limit = min(q.Limit, maxSearchLimit)
	page, err := r.spans(ctx, q)
	if err == nil && len(q.Columns) > 0 {
		err = r.addValues(ctx, q, page.Spans)
	}
	if err != nil {
		return SpanPage{}, fmt.Errorf("list spans: %w", err)
	}
	return page, nil
}

func (r *Reader) spans(ctx context.Context, q SpanQuery) (SpanPage, error) {
	type row struct {
		TraceID  [16]byte `ch:"trace_id"`
		SpanID   uint64   `ch:"span_id"`
		Start    int64    `ch:"start_ns"`
		Duration uint64   `ch:"duration"`
		Service  string   `ch:"service"`
		Name     string   `ch:"name"`
		Kind     int32    `ch:"kind"`
		Class    uint8    `ch:"class"`
		State    uint8    `ch:"state"`
		PeerType string   `ch:"peer_type"`
		PeerName string   `ch:"peer_name"`
	}
	behind, skip, at := "", 0, q.Cursor
	at.Shown = 0
	var cursor []conn.Param
	if !q.Cursor.IsZero() {
		q.Range.To = earlier(q.Range.To, q.Cursor.Start.Add(1)) // spans that start with the cursor's too
		skip = int(q.Cursor.Shown)
		behind = "\n    AND (start, trace_id, span_id) <= ({cursor_start:DateTime64(9, 'UTC')}, {cursor_trace:FixedString(16)}, {cursor_span:UInt64})"
		cursor = []conn.Param{conn.Time("cursor_start", q.Cursor.Start), fixed("cursor_trace", q.Cursor.TraceID), conn.Uint("cursor_span", uint64(q.Cursor.SpanID))}
	}
	s, err := r.newScan(q.SpanSet, "")
	if err != nil {
		return SpanPage{}, err
	}
	page := SpanPage{}
	err = s.each(ctx, func(ctx context.Context, p piece) (bool, error) {
		limit := q.Limit - len(page.Spans)
		params := append(append(p.params, cursor...), conn.Uint("limit", uint64(limit+skip)))
		rows, err := rowsOf[row](ctx, s, conn.Query{SQL: when(spansListSQL, p.where+behind), Params: params, Timeout: p.left})
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			span := Span{TraceID: row.TraceID, SpanID: SpanID(row.SpanID), Start: unixTime(row.Start), Duration: time.Duration(row.Duration), Service: row.Service,
				Name: row.Name, Kind: Kind(row.Kind), Class: Class(row.Class), State: State(row.State), PeerType: row.PeerType, PeerName: row.PeerName}
			if skip > 0 && place(&span) == at {
				skip--
				continue
			}
			if len(page.Spans) < q.Limit {
				page.Spans = append(page.Spans, FoundSpan{Span: span})
			}
		}
		skip = 0 // such spans are all in the first slice
		return len(page.Spans) >= q.Limit, nil
	})
	if err != nil {
		return SpanPage{}, err
	}
	page.Outcome = s.done
	n := len(page.Spans)
	switch {
	case n >= q.Limit:
		page.Complete, page.Reason = true, ""
		page.Next = nextPlace(q.Cursor, page.Spans)
		page.SearchedFrom = page.Next.Start
	case page.Reason != "":
		// Behind everything that starts where the search ended or later: no span starts a nanosecond earlier with a greater id.
		page.Next = SpanCursor{Start: s.to.Add(-1), SpanID: ^SpanID(0)}
		for i := range page.Next.TraceID {
			page.Next.TraceID[i] = 0xff
		}
	}
	return page, nil
}

// place is where a span stands in the order of the list.
func place(s *Span) SpanCursor { return SpanCursor{s.Start, s.TraceID, s.SpanID, 0} }

// nextPlace is the cursor behind the last of the spans. Spans that were stored twice share a place.
func nextPlace(before SpanCursor, spans []FoundSpan) SpanCursor {
	next := place(&spans[len(spans)-1].Span)
	shown := 0
	for i := len(spans) - 1; i >= 0 && place(&spans[i].Span) == next; i-- {
		shown++
	}
	if at := before; shown == len(spans) {
		if at.Shown = 0; at == next {
			shown += int(before.Shown)
		}
	}
	next.Shown = uint8(min(shown, 255))
	return next
}

// addValues reads the columns of spans.
func (r *Reader) addValues(ctx context.Context, q SpanQuery, found []FoundSpan) error {
	if len(found) == 0 {
		return nil
	}
	ids := make([]TraceID, len(found))
	spans := make([]uint64, len(found))
	for i := range found {
		ids[i], spans[i] = found[i].TraceID, uint64(found[i].SpanID)
	}
	in := Range{found[len(found)-1].Start, found[0].Start.Add(1)}
	params := append(in.params(q.Project), fixedArray("ids", ids), conn.Uints("spans", spans), conn.Uint("limit", uint64(maxTraceSpans)))
	whole, err := r.wholeSpans(ctx, "AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}\n"+
		"    AND span_id IN {spans:Array(UInt64)} AND trace_id IN {ids:Array(FixedString(16))}", params, 0)
	if err == nil {
		err = r.addResources(ctx, q.Project, whole)
	}
	if err != nil {
		return fmt.Errorf("read attributes of spans: %w", err)
	}
	type key struct {
		SpanCursor
		State
	}
	known := map[key]*Span{}
	for i := range whole {
		known[key{place(&whole[i]), whole[i].State}] = &whole[i]
	}
	for i := range found {
		f := &found[i]
		f.Values = make([]*Attr, len(q.Columns))
		s := known[key{place(&f.Span), f.State}]
		if s == nil {
			continue // it expired meanwhile
		}
		for c, a := range q.Columns {
			f.Values[c] = s.Value(a)
		}
	}
	return nil
}
