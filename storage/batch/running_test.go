package batch_test

import (
	"context"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestRunningSeesAnInsertWhoseAnswerIsOut(t *testing.T) {
	db := storagetest.Open(t)
	if err := db.Exec(t.Context(), "CREATE TABLE slow (v UInt8, wait UInt8 DEFAULT sleepEachRow(1)) ENGINE = MergeTree ORDER BY v"); err != nil {
		t.Fatal(err)
	}
	id := batch.NewID([8]byte{1}, time.Unix(1795000000, 0))
	w := batch.NewWriter(db)
	done := make(chan error, 1)
	go func() {
		body := []byte{1, 1, 1, 'v', 5, 'U', 'I', 'n', 't', '8', 7} // one column, one row
		done <- db.Insert(context.Background(), conn.Insert{Table: "slow", Columns: []string{"v"}, Body: body, Token: id.String() + "/slow/1", Rows: 1})
	}()
	seen := false
	for {
		running, err := w.Running(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		seen = seen || running
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			if running, err := w.Running(t.Context(), id); running || err != nil {
				t.Errorf("running = %v, %v after it ended", running, err)
			}
			if !seen {
				t.Error("it was never seen")
			}
			return
		default:
		}
		if running, err := w.Running(t.Context(), batch.NewID([8]byte{2}, time.Unix(1795000000, 0))); running || err != nil {
			t.Fatalf("another batch is running = %v, %v", running, err)
		}
	}
}
