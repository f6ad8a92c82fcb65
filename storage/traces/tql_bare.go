package traces

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed tql_bare.sql
var tqlBareSQL string

// BareSpan is a span as far as its place in its trace goes.
type BareSpan struct {
	ID, Parent SpanID
	Bits       uint64 // bit i says whether Atoms[i] holds
}

// bare reads bare skeletons.
func (r *Reader) bare(ctx context.Context, q SkeletonQuery) ([]Skeleton, error) {
	if len(q.Traces) == 0 {
		return nil, nil
	}
	sql, bound, err := withAtoms(tqlBareSQL, q.Atoms)
	if err != nil {
		return nil, fmt.Errorf("read bare skeletons: %w", err)
	}
	parts, err := r.reaches(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read bare skeletons: %w", err)
	}
	skeletons := make([]Skeleton, len(q.Traces))
	place := make(map[[16]byte]int, len(q.Traces))
	for i, c := range q.Traces {
		skeletons[i].TraceID = c.TraceID
		place[c.TraceID] = i
	}
	for _, part := range parts {
		params := append(part.in.params(q.Project), fixedArray("ids", part.ids), conn.Uint("limit", uint64(q.limit())))
		var last [16]byte // spans of a trace come one behind the other, often
		var k *Skeleton
		err := conn.Blocks(ctx, r.db, conn.Query{SQL: when(sql, "AND identity(trace_id) IN {ids:Array(FixedString(16))}"), Params: append(params, bound...), Timeout: q.Timeout, Stream: true}, func(b *conn.Block) error {
			for row := range b.Rows {
				if id := b.ID(0, row); k == nil || id != last {
					last, k = id, &skeletons[place[id]]
				}
				if k.Bare == nil {
					k.Bare = make([]BareSpan, 0, 32)
				}
				k.Bare = append(k.Bare, BareSpan{SpanID(b.Uint64(1, row)), SpanID(b.Uint64(2, row)), b.Uint64(3, row)})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read bare skeletons: %w", err)
		}
	}
	return skeletons, nil
}
