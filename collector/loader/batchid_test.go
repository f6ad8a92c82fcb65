package loader

import (
	"testing"

	"github.com/sightline/sightline/storage/batch"
)

func TestBatchIDReadsWhatItPrints(t *testing.T) {
	for _, id := range []batch.ID{{}, {1}, {15: 1}, {0: 255, 7: 255, 8: 1, 15: 255}} {
		got, err := parseBatchID(id.String())
		if err != nil || got != id {
			t.Errorf("%v was read as %v, %v", id, got, err)
		}
	}
	for _, s := range []string{"", "-1", "0x1", "340282366920938463463374607431768211456"} {
		if id, err := parseBatchID(s); err == nil {
			t.Errorf("%q was read as %v", s, id)
		}
	}
}
