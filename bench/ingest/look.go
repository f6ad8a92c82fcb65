package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/traces"
)

// sample is a stored span with a value that no other has.
type sample struct {
	Value   string   `ch:"value"`
	TraceID [16]byte `ch:"trace_id"`
}

// byValueSQL is a search in one statement: the newest spans with an attribute, over everything.
const byValueSQL = `SELECT attrs['app.request.id'] AS value, trace_id FROM spans
PREWHERE project = 'default' AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')} AND attrs['app.request.id'] = {value:String}
ORDER BY start DESC, trace_id DESC LIMIT 1 BY trace_id LIMIT 20`

// look searches for unique values and reads traces by id, each once, over the whole hour.
func (r *run) look(ctx context.Context) error {
	if r.queries == 0 {
		return nil
	}
	samples, err := conn.All[sample](ctx, r.db, conn.Query{SQL: fmt.Sprintf(`SELECT attrs['app.request.id'] AS value, trace_id FROM spans
		WHERE value != '' ORDER BY cityHash64(span_id) LIMIT %d`, r.queries)})
	if err != nil {
		return err
	}
	reader := traces.NewReader(r.db)
	hour := traces.Range{From: r.began.Add(-time.Minute), To: r.ended.Add(time.Minute)}
	for i, s := range samples {
		begun := time.Now()
		found, err := conn.All[sample](ctx, r.db, conn.Query{SQL: byValueSQL, Params: []conn.Param{
			conn.Str("value", s.Value), conn.Time("from", hour.From), conn.Time("to", hour.To)}})
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return fmt.Errorf("search for %q: %d traces", s.Value, len(found))
		}
		if i > 2 { // warm
			r.byValue = append(r.byValue, time.Since(begun))
		}
		begun = time.Now()
		if _, _, err := reader.Trace(ctx, "default", s.TraceID, traces.Range{}); err != nil {
			return err
		}
		if i > 2 {
			r.byID = append(r.byID, time.Since(begun))
		}
	}
	slices.Sort(r.byValue)
	slices.Sort(r.byID)
	return nil
}

func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))]) / 1e6
}
