package traces

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed scan_open.sql
var openSpansSQL string

// maxOpenSpans bounds how many spans in progress of a slice are looked at for a complete row; what is past it may count twice.
const maxOpenSpans = 10_000

// superseded are the spans in progress of ranges, newest first, whose complete row is stored: they count once.
func (s *scan) superseded(ctx context.Context, ranges []Range, left time.Duration) ([]uint64, error) {
	type row struct {
		TraceID [16]byte `ch:"trace_id"`
		SpanID  uint64   `ch:"span_id"`
	}
	where, params := within(ranges)
	params = append(params, conn.Str("project", s.set.Project), conn.Uint("limit", uint64(maxOpenSpans)))
	open, err := conn.All[row](ctx, s.reader.db, conn.Query{SQL: when(openSpansSQL, where), Params: params, Timeout: left})
	if err != nil {
		return nil, fmt.Errorf("look for spans in progress: %w", err)
	}
	if len(open) == 0 {
		return nil, nil
	}
	known := map[row]bool{}
	ids, spans := make([][16]byte, len(open)), make([]uint64, len(open))
	for i, o := range open {
		ids[i], spans[i], known[o] = o.TraceID, o.SpanID, true
	}
	params = append(Range{ranges[len(ranges)-1].From, ranges[0].To}.widen(time.Hour).params(s.set.Project), fixedArray("ids", ids), conn.Uints("spans", spans))
	complete, err := conn.All[row](ctx, s.reader.db, conn.Query{SQL: supersededSQL, Params: params, Timeout: left})
	if err != nil {
		return nil, fmt.Errorf("look for complete spans: %w", err)
	}
	var superseded []uint64
	for _, c := range complete {
		if known[c] {
			superseded = append(superseded, c.SpanID)
		}
	}
	return superseded, nil
}
