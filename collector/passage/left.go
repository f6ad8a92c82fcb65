package passage

import (
	"context"
	"strings"
	"sync"
)

// The journal counts by reason what is not stored, and so does the loader from it. Two reasons are no rejections: what a processor
// took and did not hand on before it answered, and what it handed on afterwards, which was received once and is counted twice then.
const (
	leftPrefix     = "pipeline:"
	returnedPrefix = "pipeline_returned:"
)

// LeftReason counts items that a processor took and did not hand on.
func LeftReason(processor string) string { return leftPrefix + processor }

// ReturnedReason counts items that a processor handed on after they were counted under its LeftReason.
func ReturnedReason(processor string) string { return returnedPrefix + processor }

// Rejections are the reasons that are rejections; they are reasons itself where all are.
func Rejections(reasons map[string]uint32) map[string]uint32 {
	var out map[string]uint32
	for reason, n := range reasons {
		if strings.HasPrefix(reason, leftPrefix) || strings.HasPrefix(reason, returnedPrefix) {
			continue
		}
		if out == nil {
			out = map[string]uint32{}
		}
		out[reason] = n
	}
	if len(out) == len(reasons) {
		return reasons
	}
	return out
}

// Settle takes apart what the journal counts together: how many items were received, which of them were rejected, by reason, and which
// the processors of a pipeline took and did not hand on, by processor. It changes nothing that it is given.
func Settle(received uint64, reasons map[string]uint64) (_ uint64, rejected, left map[string]uint64) {
	rejected, left = map[string]uint64{}, map[string]uint64{}
	for reason, n := range reasons {
		if processor, ok := strings.CutPrefix(reason, leftPrefix); ok {
			back := reasons[ReturnedReason(processor)]
			left[processor] = n - min(n, back)
			received -= min(n, back)
		} else if strings.HasPrefix(reason, returnedPrefix) {
			received -= n
		} else {
			rejected[reason] = n
		}
	}
	return received, rejected, left
}

// Return is what a processor hands on after it answered. Whoever makes it durable counts it with it, so that both are on disk or
// neither is. It is safe for concurrent use, as a pipeline may fork.
type Return struct {
	Reason string

	mu    sync.Mutex
	items map[string]uint32 // by project
}

// NewReturn is of a processor's items, by project.
func NewReturn(processor string, items map[string]uint32) *Return {
	return &Return{Reason: ReturnedReason(processor), items: items}
}

// Take gives a project's count to whoever asks first; 0: it is taken. Give puts it back.
func (r *Return) Take(project string) uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.items[project]
	delete(r.items, project)
	return n
}

// Give puts back what was taken and did not become durable.
func (r *Return) Give(project string, n uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items[project] += n
}

// Rest are the counts that nobody took.
func (r *Return) Rest() map[string]uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := r.items
	r.items = map[string]uint32{}
	return rest
}

type returnKey struct{}

// WithReturn puts what a processor hands on into a context.
func WithReturn(ctx context.Context, r *Return) context.Context {
	return context.WithValue(ctx, returnKey{}, r)
}

// ReturnFrom is that of a context, or nil.
func ReturnFrom(ctx context.Context) *Return {
	r, _ := ctx.Value(returnKey{}).(*Return)
	return r
}
