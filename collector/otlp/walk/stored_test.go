package walk_test

import (
	"github.com/sightline/sightline/storage/batch"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/otlp/walk"
	"github.com/sightline/sightline/collector/sample"
	"github.com/sightline/sightline/storage/traces"
)

// FuzzAcknowledgedCanBeStored: the decoder that writes rows takes whatever the walk takes, and finds as many spans. Were it
// stricter, a request would be acknowledged and end among the dead letters.
func FuzzAcknowledgedCanBeStored(f *testing.F) {
	f.Add(sample.Request(1, 2, now))
	f.Add(sample.CollectorRequest(1, 2, now))
	f.Add(nested(3, false))
	f.Add(nested(3, true))
	f.Add(nested(64, false))
	f.Add(field(1, field(1000, field(2, nil))))
	f.Add(field(1, append(field(1000, field(2, nil)), field(2, field(2, nil))...)))
	rows := traces.NewBatch(batch.NewID([8]byte{1}, now), batch.Policy{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r walk.Result
		if walk.Traces(b, window, &r) != nil {
			return
		}
		rows.Reset(batch.NewID([8]byte{1}, time.Now()), batch.Policy{})
		err := rows.Append(batch.Request{Project: "p", Received: now, Body: b, Rejected: r.Rejected, Items: int(r.Items)})
		if err != nil {
			t.Fatalf("walk takes it, the decoder says %v", err)
		}
		if want := int(r.Items) - len(r.Rejected); rows.Rows() != want {
			t.Errorf("%d rows of %d spans less %d", rows.Rows(), r.Items, len(r.Rejected))
		}
	})
}
