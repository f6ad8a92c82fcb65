package promotlp

import (
	"math"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// Kinds remembers which series are native histograms. A scraper marks every series that is gone with a float, but the end of a
// histogram has to be on the histogram's own series. The zero value is ready, and safe for concurrent use.
type Kinds struct {
	mu      sync.Mutex
	schemas map[uint64]int32 // by the hash of the labels
}

// maxKinds bounds the memory; past it the marker of a histogram is a float's.
const maxKinds = 1 << 20

// follow learns from a histogram, and turns the stale marker of one into a histogram's.
func (k *Kinds) follow(ls labels.Labels, s *Sample) {
	stale := s.H == nil && s.FH == nil && value.IsStaleNaN(s.Value)
	if s.H == nil && s.FH == nil && !stale {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	hash := ls.Hash()
	if stale {
		if schema, ok := k.schemas[hash]; ok {
			delete(k.schemas, hash)
			s.H = &histogram.Histogram{Schema: schema, Sum: math.Float64frombits(value.StaleNaN)}
		}
		return
	}
	schema := int32(0)
	if s.H != nil {
		schema = s.H.Schema
	} else {
		schema = s.FH.Schema
	}
	if k.schemas == nil {
		k.schemas = map[uint64]int32{}
	}
	if len(k.schemas) < maxKinds {
		k.schemas[hash] = schema
	}
}
