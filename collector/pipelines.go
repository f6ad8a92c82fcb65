package collector

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/pipeline"

	"github.com/sightline/sightline/collector/chexporter"
)

// Pipeline is one of the configuration's, as the user named it.
type Pipeline struct {
	Name                             string // traces, traces/sampled, ...
	Receivers, Processors, Exporters []string
	// Holds names the processors that keep data after they took it, here or in a pipeline that a connector leads to: what they
	// keep is acknowledged before it is durable, and lost when the process ends.
	Holds []string
}

// direct says that nothing stands between the receivers and the journal.
func (p *Pipeline) direct() bool {
	return len(p.Processors) == 0 && len(p.Exporters) == 1 && p.Exporters[0] == chexporter.Type.String()
}

func (p *Pipeline) signal() string {
	signal, _, _ := strings.Cut(p.Name, "/")
	return signal
}

// holding are the processors that answer before they hand on.
var holding = []string{"batch", "groupbytrace", "tail_sampling"}

// readPipelines reads service.pipelines of the layers laid over each other, by name.
func readPipelines(layers []map[string]any) ([]*Pipeline, error) {
	all := confmap.New()
	for _, layer := range layers {
		if err := all.Merge(confmap.NewFromStringMap(layer)); err != nil {
			return nil, fmt.Errorf("merge collector configuration: %w", err)
		}
	}
	names := func(v any) (out []string) {
		list, _ := v.([]any)
		for _, e := range list {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	service, _ := all.Get("service").(map[string]any)
	configured, _ := service["pipelines"].(map[string]any)
	var out []*Pipeline
	for name, v := range configured {
		section, _ := v.(map[string]any)
		out = append(out, &Pipeline{
			Name: name, Receivers: names(section["receivers"]), Processors: names(section["processors"]), Exporters: names(section["exporters"]),
		})
	}
	slices.SortFunc(out, func(a, b *Pipeline) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range out {
		p.Holds = holds(p, out, map[string]bool{})
	}
	return out, nil
}

// holds finds what holds data in a pipeline and behind its connectors.
func holds(p *Pipeline, all []*Pipeline, seen map[string]bool) (out []string) {
	if seen[p.Name] {
		return nil
	}
	seen[p.Name] = true
	for _, name := range p.Processors {
		if kind, _, _ := strings.Cut(name, "/"); slices.Contains(holding, kind) {
			out = append(out, name)
		}
	}
	for _, to := range all {
		// A connector hands on the signal it got, or makes another of it: only the former is what was acknowledged.
		if to.signal() == p.signal() && slices.ContainsFunc(p.Exporters, func(e string) bool { return slices.Contains(to.Receivers, e) }) {
			for _, name := range holds(to, all, seen) {
				if !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// handsOn says whether a receiver gives its data to a pipeline, instead of appending it to the journal itself.
func (c *Collector) handsOn(receiver component.ID, signal pipeline.Signal) bool {
	return slices.ContainsFunc(c.pipelines, func(p *Pipeline) bool {
		return p.signal() == signal.String() && slices.Contains(p.Receivers, receiver.String()) && !p.direct()
	})
}

// warnOfPipelines says at startup what a reader of the configuration may not see.
func (c *Collector) warnOfPipelines() {
	for _, p := range c.pipelines {
		if len(p.Holds) > 0 {
			c.cfg.Log.Warn("a pipeline acknowledges before its data is durable", "pipeline", p.Name, "because_of", strings.Join(p.Holds, ", "))
		}
		if double := c.feedsTwice(p); double != "" {
			c.cfg.Log.Warn("a receiver feeds two pipelines: what passes both is stored twice", "pipeline", p.Name, "receiver", double)
		}
	}
}

// feedsTwice names a receiver that feeds this pipeline and one before it.
func (c *Collector) feedsTwice(p *Pipeline) string {
	for _, other := range c.pipelines {
		if other == p {
			return ""
		}
		for _, r := range p.Receivers {
			if other.signal() == p.signal() && slices.Contains(other.Receivers, r) {
				return r
			}
		}
	}
	return ""
}

// Pipelines are those that data goes through, by name.
func (c *Collector) Pipelines() []Pipeline {
	out := make([]Pipeline, len(c.pipelines))
	for i, p := range c.pipelines {
		out[i] = *p
	}
	return out
}
