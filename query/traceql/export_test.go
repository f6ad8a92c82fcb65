package traceql

import "github.com/sightline/sightline/storage/traces"

// SetBareLeast is how few traces are worth being looked at bare.
func (e *Engine) SetBareLeast(n int) { e.bareLeast = n }

// Arranger arranges bare traces.
type Arranger struct{ inner arranger }

// Arrange gives by id each span's parent and how many spans are below it; ok is false where ids do not tell.
func (a *Arranger) Arrange(spans []traces.BareSpan) (parents map[traces.SpanID]traces.SpanID, below map[traces.SpanID]int, ok bool) {
	s, ok := a.inner.arrange(spans)
	if !ok {
		return nil, nil, false
	}
	parents, below = map[traces.SpanID]traces.SpanID{}, map[traces.SpanID]int{}
	for row, at := range a.inner.placed {
		id := spans[at].ID
		if below[id] = int(s.below[row]); s.parent[row] >= 0 {
			parents[id] = spans[a.inner.placed[s.parent[row]]].ID
		}
		if s.bits[row] != spans[at].Bits {
			return nil, nil, false
		}
	}
	return parents, below, true
}
