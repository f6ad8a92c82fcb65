package loader

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
)

// stateVersion is the newest layout of the state that this program reads; it reads every older one.
const stateVersion = 1

// state is what the loader must know after any crash. It is rewritten whole, atomically and synced, before an INSERT that it has to
// remember and when a cut is settled. Everything before Position is settled for good; what lies in Cuts may or may not be stored,
// and only counting by batch id can tell; what lies behind the last cut was never sent to the database.
type state struct {
	Version    int                      `json:"version"`
	Journal    string                   `json:"journal"` // id, hex
	Position   journal.Position         `json:"position"`
	LastID     uint64                   `json:"last_id"`    // highest cut time given out, unix ns: ids rise even when the clock is set back
	Generation uint64                   `json:"generation"` // highest rollup generation given out, for the same reason
	Cuts       []cutRecord              `json:"cuts,omitempty"`
	Totals     []Totals                 `json:"totals,omitempty"`
	Dirty      map[string][]dirtyRecord `json:"dirty,omitempty"`
}

// cutRecord is the promise that a range of the journal is stored as exactly these blocks. It is durable before the first INSERT.
type cutRecord struct {
	From    journal.Position `json:"from"`
	To      journal.Position `json:"to"`
	Decoder int              `json:"decoder"` // version of the conversion; another one may make other rows of the same bytes
	Policy  batch.Policy     `json:"policy"`
	// Parts are not settled yet. There is one, the whole range, unless the engine refused it and it is being taken apart.
	Parts []part `json:"parts"`
	// Dead and Expired are the items of settled parts that could not be stored.
	Dead    []Totals `json:"dead,omitempty"`
	Expired []Totals `json:"expired,omitempty"`
}

// part is what one batch id stands for: the rows of a range, of all counted partitions or only of some.
type part struct {
	Batch  string           `json:"batch"`
	From   journal.Position `json:"from"`
	To     journal.Position `json:"to"`
	Only   []blockName      `json:"only,omitempty"`
	Blocks []cutBlock       `json:"blocks,omitempty"` // counted ones; none: nothing was inserted under this id yet

	id batch.ID
}

type blockName struct {
	Table     string `json:"table"`
	Partition string `json:"partition"`
}

type cutBlock struct {
	blockName
	Rows int `json:"rows"`
}

// wants says whether the block is this part's to store.
func (p *part) wants(b *batch.Block) bool {
	if len(p.Only) == 0 || b.Kind == batch.Idempotent {
		return true
	}
	for _, name := range p.Only {
		if name == nameOf(b) {
			return true
		}
	}
	return false
}

// recorded is how many rows of the block the cut record promises.
func (p *part) recorded(name blockName) (rows int, ok bool) {
	for _, b := range p.Blocks {
		if b.blockName == name {
			return b.Rows, true
		}
	}
	return 0, false
}

func nameOf(b *batch.Block) blockName { return blockName{b.Table, b.Partition} }

// readState reads the state file. A file that is not there gives the beginning of the journal.
func readState(path string, id [8]byte) (s *state, hurt bool, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &state{Version: stateVersion, Journal: hex.EncodeToString(id[:])}, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read loader state: %w", err)
	}
	payload, hurt, err := unseal(data)
	if err != nil {
		return nil, true, fmt.Errorf("read loader state %s: %w; without it nobody knows which acknowledged spans are stored: "+
			"restore the file, or remove it to store again what is left of the journal", path, err)
	}
	s = &state{}
	if err := json.Unmarshal(payload, s); err != nil {
		return nil, hurt, fmt.Errorf("read loader state %s: %w", path, err)
	}
	if s.Version > stateVersion {
		return nil, hurt, fmt.Errorf("read loader state %s: version %d is of a newer sightline, this one reads up to %d", path, s.Version, stateVersion)
	}
	for i := range s.Cuts {
		for k := range s.Cuts[i].Parts {
			p := &s.Cuts[i].Parts[k]
			if p.Batch == "" {
				continue
			}
			if p.id, err = parseBatchID(p.Batch); err != nil {
				return nil, hurt, fmt.Errorf("read loader state %s: %w", path, err)
			}
		}
	}
	return s, hurt, nil
}

func (s *state) encode() ([]byte, error) {
	payload, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode loader state: %w", err)
	}
	return seal(payload), nil
}
