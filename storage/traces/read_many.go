package traces

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

const (
	// chunkTraces is how many traces are read at once, chunkSpans how many spans they may have together: what has more is read in
	// halves, and a trace alone as Whole reads it.
	chunkTraces, chunkSpans = 32, 20_000
	// chunkReaders is how many chunks are read at a time.
	chunkReaders = 2
)

// Wholes gives traces with everything, in the order asked for, each as Whole gives it; nil where nothing is stored. It stops, more or
// less, where they have limit spans together; all is false then, and what was not read is nil too. A trace is never cut for it.
func (r *Reader) Wholes(ctx context.Context, project string, ids []TraceID, limit int) (found [][]Span, all bool, err error) {
	found = make([][]Span, len(ids))
	if len(ids) == 0 {
		return found, true, nil
	}
	raw := make([][16]byte, len(ids))
	for i, id := range ids {
		raw[i] = id
	}
	index, err := r.index(ctx, project, raw)
	if err != nil {
		return nil, false, fmt.Errorf("read whole traces: %w", err)
	}
	var known []TraceID
	for _, id := range ids {
		if _, ok := index[id]; ok && !slices.Contains(known, id) {
			known = append(known, id)
		}
	}
	chunks := slices.Collect(slices.Chunk(known, chunkTraces))
	read := make([]map[TraceID][]Span, len(chunks))
	var spans atomic.Int64
	all = true
	group, both := errgroup.WithContext(ctx)
	group.SetLimit(chunkReaders)
	for i, chunk := range chunks {
		group.Go(func() (err error) {
			if spans.Load() < int64(limit) {
				read[i], err = r.wholeChunk(both, project, chunk, index)
			}
			for _, s := range read[i] {
				spans.Add(int64(len(s)))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, false, fmt.Errorf("read whole traces: %w", err)
	}
	total := 0
	for i, chunk := range chunks { // in order, whoever came first
		if read[i] == nil || total >= limit {
			read[i], all = nil, false
		}
		for _, id := range chunk {
			total += len(read[i][id])
		}
	}
	for i, id := range ids {
		for _, part := range read {
			if s := part[id]; s != nil {
				found[i] = s
			}
		}
	}
	return found, all, nil
}

// wholeChunk reads a few traces.
func (r *Reader) wholeChunk(ctx context.Context, project string, ids []TraceID, index map[[16]byte]indexEntry) (map[TraceID][]Span, error) {
	if len(ids) == 1 {
		spans, err := r.Whole(ctx, project, ids[0], index[ids[0]].bounds)
		if errors.Is(err, ErrNotFound) { // expired since
			return map[TraceID][]Span{}, nil
		}
		return map[TraceID][]Span{ids[0]: spans}, err
	}
	bounds := make([]Range, len(ids))
	for i, id := range ids {
		bounds[i] = index[id].bounds
	}
	times := newPrinter("t")
	params := []conn.Param{conn.Str("project", project), fixedArray("ids", ids), conn.Uint("limit", uint64(chunkSpans))}
	texts := make([]string, len(bounds))
	for i, in := range bounds { // reading costs by the granules that these reach
		texts[i] = "start >= " + times.Time(in.From) + " AND start <= " + times.Time(in.To)
	}
	where := "AND (" + strings.Join(texts, "\n    OR ") + ")\n    AND trace_id IN {ids:Array(FixedString(16))}"
	spans, err := r.wholeSpans(ctx, where, append(params, times.Params...), 0)
	if err != nil {
		return nil, err
	}
	of := make(map[TraceID][]Span, len(ids))
	if len(spans) >= chunkSpans {
		for _, half := range [][]TraceID{ids[:len(ids)/2], ids[len(ids)/2:]} {
			part, err := r.wholeChunk(ctx, project, half, index)
			if err != nil {
				return nil, err
			}
			for id, spans := range part {
				of[id] = spans
			}
		}
		return of, nil
	}
	if err := r.addResources(ctx, project, spans); err != nil {
		return nil, err
	}
	for _, s := range spans {
		of[s.TraceID] = append(of[s.TraceID], s)
	}
	for id, spans := range of {
		of[id] = dropSuperseded(spans)
	}
	return of, nil
}
