// Package passage goes with a request through a pipeline whose components know nothing of it: whose it is on the way in, and what
// became of it on the way out. It refuses to know what the request holds.
package passage

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sightline/sightline/collector/admission"
)

// Passage is a request on its way. The exported fields do not change; the rest is safe for concurrent use, as a pipeline may fork.
type Passage struct {
	Project  string
	Protocol string // a label of the accounts
	Peer     string // address of the sender; may be empty

	mu      sync.Mutex
	partial admission.Partial
	refusal *admission.Refusal
}

type contextKey struct{}

// With puts a passage into a context.
func With(ctx context.Context, p *Passage) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From is the passage of a context; nil where there is none: a scrape, or what a processor held back.
func From(ctx context.Context) *Passage {
	p, _ := ctx.Value(contextKey{}).(*Passage)
	return p
}

// Arrived tells how a pipeline's end answered. A retryable refusal is kept over others: after it the request comes again.
func (p *Passage) Arrived(partial admission.Partial, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.partial.Rejected += partial.Rejected
		if p.partial.Message == "" {
			p.partial.Message = partial.Message
		}
		return
	}
	if r := admission.AsRefusal(err); p.refusal == nil || p.refusal.RetryAfter == 0 {
		p.refusal = r
	}
}

// Answer is what the sender is told, given the error that the pipeline returned; its error is an *admission.Refusal.
func (p *Passage) Answer(err error) (admission.Partial, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var refusal *admission.Refusal
	switch {
	case err == nil:
		return p.partial, nil
	case p.refusal != nil:
		return admission.Partial{}, p.refusal
	case errors.As(err, &refusal):
		return admission.Partial{}, refusal
	case strings.Contains(err.Error(), crowded):
		return admission.Partial{}, admission.Backpressure(2*time.Second, "a processor of the pipeline refuses the request for now: "+crowded)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return admission.Partial{}, admission.Aborted(err)
	}
	return admission.Partial{}, admission.Processor(err)
}

// crowded is the memory limiter's error, of all that processors of ours have the only one that passes: a statement or a condition that
// fails, with error_mode propagate, fails again. It is in an internal package.
const crowded = "data refused due to high memory usage"

// mark is the resource attribute that says whose data it is to a pipeline's end, where a processor that holds data has lost the
// context. No sender can know its name, and it is gone before anything is stored.
var mark = "sightline.project." + rand.Text()

// Mark writes the project into a resource's attributes.
func (p *Passage) Mark(resource pcommon.Map) {
	if p.Project != admission.DefaultProject {
		resource.PutStr(mark, p.Project)
	}
}

// Marked is the project in a resource's attributes, the default one where there is none.
func Marked(resource pcommon.Map) string {
	if v, ok := resource.Get(mark); ok {
		return v.Str()
	}
	return admission.DefaultProject
}

// Unmark takes the project out of a resource's attributes; empty if it is not there.
func Unmark(resource pcommon.Map) (project string) {
	resource.RemoveIf(func(key string, v pcommon.Value) bool {
		if key != mark {
			return false
		}
		project = v.Str()
		return true
	})
	return project
}
