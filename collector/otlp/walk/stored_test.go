package walk_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/otlp/walk"
	"github.com/sightline/sightline/collector/sample"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/traces"
)

// rows is the decoder of a signal.
type rows interface {
	Reset(batch.ID, batch.Policy)
	Append(batch.Request) error
	Rows() int
}

func traceRows() rows { return traces.NewBatch(batch.NewID([8]byte{1}, now), batch.Policy{}) }
func logRows() rows   { return logs.NewBatch(batch.NewID([8]byte{1}, now), batch.Policy{}) }

// storable: the decoder that writes rows takes whatever the walk takes, and finds as many items. Were it stricter, a request would
// be acknowledged and end among the dead letters.
func storable(t *testing.T, b []byte, look func([]byte, walk.Window, *walk.Result) error, to rows) {
	t.Helper()
	var r walk.Result
	if look(b, window, &r) != nil {
		return
	}
	to.Reset(batch.NewID([8]byte{1}, time.Now()), batch.Policy{})
	err := to.Append(batch.Request{Project: "p", Received: now, Body: b, Rejected: r.Rejected, Items: int(r.Items)})
	if err != nil {
		t.Fatalf("walk takes it, the decoder says %v: %x", err, b)
	}
	if want := int(r.Items) - len(r.Rejected); to.Rows() != want {
		t.Errorf("%d rows of %d items less %d: %x", to.Rows(), r.Items, len(r.Rejected), b)
	}
}

// TestAcknowledgedCanBeStored looks at damaged requests and at messages of random fields, as the fuzz targets below do.
func TestAcknowledgedCanBeStored(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for name, s := range map[string]struct {
		whole [][]byte
		wraps [][]int
		walk  func([]byte, walk.Window, *walk.Result) error
		rows  rows
	}{
		"traces": {[][]byte{sample.Request(1, 3, now), sample.CollectorRequest(1, 3, now)}, [][]int{{1}, {1, 2}, {1, 2, 2}}, walk.Traces, traceRows()},
		"logs": {[][]byte{sample.LogRequest(1, 3, now), logRequest(t, sample.EveryLog(now))},
			[][]int{{1}, {1, 2}, {1, 1000, 2}, {1, 2, 2}, {1, 2, 2, 5}, {1, 2, 2, 6}}, walk.Logs, logRows()},
	} {
		t.Run(name, func(t *testing.T) {
			for _, b := range s.whole {
				storable(t, b, s.walk, s.rows)
				for range 1000 {
					storable(t, damage(rnd, b), s.walk, s.rows)
				}
			}
			for _, wrap := range s.wraps {
				for range 1000 {
					b := noise(rnd, 4)
					for _, num := range slices.Backward(wrap) {
						b = field(num, b)
					}
					storable(t, b, s.walk, s.rows)
				}
			}
		})
	}
}

func FuzzAcknowledgedCanBeStored(f *testing.F) {
	f.Add(sample.Request(1, 2, now))
	f.Add(sample.CollectorRequest(1, 2, now))
	f.Add(nested(3, false))
	f.Add(nested(3, true))
	f.Add(nested(64, false))
	f.Add(field(1, field(1000, field(2, nil))))
	f.Add(field(1, append(field(1000, field(2, nil)), field(2, field(2, nil))...)))
	to := traceRows()
	f.Fuzz(func(t *testing.T, b []byte) { storable(t, b, walk.Traces, to) })
}

func FuzzAcknowledgedLogsCanBeStored(f *testing.F) {
	f.Add(sample.LogRequest(1, 2, now))
	f.Add(logRequest(f, sample.EveryLog(now)))
	f.Add(deep(64, 1, 2, 2, 5))
	f.Add(field(1, append(field(1000, field(2, nil)), field(2, field(2, nil))...)))
	to := logRows()
	f.Fuzz(func(t *testing.T, b []byte) { storable(t, b, walk.Logs, to) })
}
