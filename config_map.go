package main

import (
	"fmt"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/traces/peer"
)

// MapConfig is what the operator knows better than the spans do: docs/map.md.
type MapConfig struct {
	Hosts []peer.Host `yaml:"hosts"` // what stands behind host names; the first that fits decides
}

// maxHosts bounds what every span with a peer that is new may be compared with.
const maxHosts = 1000

func (m *MapConfig) problems(add func(path, format string, args ...any)) {
	if len(m.Hosts) > maxHosts {
		add("map.hosts", "has %d entries, more than %d", len(m.Hosts), maxHosts)
	}
	first := map[string]int{}
	for i, h := range m.Hosts {
		path := fmt.Sprintf("map.hosts[%d]", i)
		if p := h.Problem(); p != "" {
			add(path, "%s", p)
			continue
		}
		if at, taken := first[h.Match]; taken {
			add(path, "match %q is that of map.hosts[%d] already, which decides", h.Match, at)
			continue
		}
		first[h.Match] = i
	}
}

// policy is how rows are written from now on.
func (c *Config) policy(kept *RetentionConfig) batch.Policy {
	p := kept.policy(c.Ingest.Redact)
	p.Hosts = c.Map.Hosts
	return p
}
