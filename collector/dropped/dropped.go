// Package dropped counts the items that the processors of a user's pipeline take and do not hand on, so that the accounts add up
// with any of them. The counts are records of the journal, made durable before the sender has its answer. It refuses to know what a
// processor does: it looks at what goes in and at what comes out.
package dropped

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sightline/sightline/collector/otlp"
	"github.com/sightline/sightline/collector/passage"
)

// counts are items by project.
type counts map[string]uint32

// meter counts for one processor. A processor that holds data answers before it hands on: all that it takes counts as left behind
// then, and what it hands on as returned, so that at any moment, and after any crash, the difference is what it dropped or has.
type meter struct {
	in     *otlp.Intake
	id     string // of the processor: "filter/health"
	signal uint8
	holds  bool
}

// visit is a request inside a processor that holds nothing.
type visit struct {
	mu     sync.Mutex
	behind counts // handed on
}

type visitKey struct{ *meter }

// before counts around a processor; give is its Consume.
func (m *meter) before(ctx context.Context, items counts, give func(context.Context) error) error {
	if m.holds {
		if err := m.count(ctx, passage.LeftReason(m.id), items); err != nil {
			return err
		}
		err := give(ctx)
		if err != nil {
			_ = m.count(context.WithoutCancel(ctx), passage.ReturnedReason(m.id), items) // the request is refused, whatever becomes of this
		}
		return err
	}
	v := &visit{behind: counts{}}
	if err := give(context.WithValue(ctx, visitKey{m}, v)); err != nil {
		return err
	}
	v.mu.Lock()
	for project, n := range v.behind {
		items[project] -= min(items[project], n) // a processor may also make items
	}
	v.mu.Unlock()
	return m.count(ctx, passage.LeftReason(m.id), items)
}

// behind counts what a processor hands on; give is the next one's Consume.
func (m *meter) behind(ctx context.Context, items counts, give func(context.Context) error) error {
	if v, ok := ctx.Value(visitKey{m}).(*visit); ok {
		if err := give(ctx); err != nil {
			return err
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		for project, n := range items {
			v.behind[project] += n
		}
		return nil
	}
	r := passage.NewReturn(m.id, maps.Clone(items))
	if err := give(passage.WithReturn(ctx, r)); err != nil {
		return err
	}
	return m.count(ctx, r.Reason, r.Rest()) // all of a project's went elsewhere than to the journal
}

func (m *meter) count(ctx context.Context, reason string, items counts) error {
	from := passage.From(ctx)
	for project, n := range items {
		if n == 0 {
			continue
		}
		q := otlp.Request{Signal: m.signal, Project: project, Protocol: otlp.ProtocolPipeline}
		if from != nil {
			q.Protocol, q.Peer = from.Protocol, from.Peer
		}
		if err := m.in.Count(ctx, q, reason, n); err != nil {
			return fmt.Errorf("count what %s does not hand on: %w", m.id, err)
		}
	}
	return nil
}

// group is a ResourceSpans, ResourceLogs or ResourceMetrics.
type group interface{ Resource() pcommon.Resource }

// countsOf are a request's items: all the sender's where it is known, else those of the project that each resource is marked with.
func countsOf[G group](ctx context.Context, total int, resources func(yield func(int, G) bool), items func(G) int) counts {
	if p := passage.From(ctx); p != nil {
		return counts{p.Project: uint32(total)}
	}
	out := counts{}
	for _, g := range resources {
		out[passage.Marked(g.Resource().Attributes())] += uint32(items(g))
	}
	return out
}
