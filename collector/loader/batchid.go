package loader

import (
	"fmt"
	"math/big"
	"time"

	"github.com/sightline/sightline/storage/batch"
)

// newBatchID makes an id that no batch of this journal had: its cut time rises even when the clock is set back.
func (l *Loader) newBatchID() batch.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.LastID = max(uint64(time.Now().UnixNano()), l.state.LastID+1)
	return batch.NewID(l.cfg.Journal.ID(), time.Unix(0, int64(l.state.LastID)))
}

// parseBatchID reads what BatchID.String wrote.
func parseBatchID(s string) (id batch.ID, err error) {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 8*len(id) {
		return id, fmt.Errorf("parse batch id %q: want a decimal number of 128 bits", s)
	}
	var be [len(id)]byte
	for i, c := range n.FillBytes(be[:]) {
		id[len(id)-1-i] = c
	}
	return id, nil
}
