package main

import (
	"fmt"
	"maps"
	"slices"
)

// overlayListener is an address that a receiver of the user's `collector:` section listens on.
type overlayListener struct {
	path, address string
	tls           bool // of its own
}

// overlayListeners finds them: a receiver's settings with an endpoint.
func (c *Config) overlayListeners() (out []overlayListener) {
	var look func(path string, section map[string]any)
	look = func(path string, section map[string]any) {
		if address, ok := section["endpoint"].(string); ok {
			tls, _ := section["tls"].(map[string]any)
			out = append(out, overlayListener{path: path + ".endpoint", address: address, tls: tls["cert_file"] != nil})
		}
		for _, key := range slices.Sorted(maps.Keys(section)) {
			if below, ok := section[key].(map[string]any); ok {
				look(path+"."+key, below)
			}
		}
	}
	receivers, _ := c.Collector["receivers"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(receivers)) {
		if section, ok := receivers[name].(map[string]any); ok {
			look("collector.receivers."+name, section)
		}
	}
	return out
}

// overlayExposure is exposure for the receivers of the `collector:` section. They have TLS of their own; only otlp takes ours.
func (c *Config) overlayExposure(haveKeys bool) (out []string) {
	for _, l := range c.overlayListeners() {
		if isLoopback(l.address) {
			continue
		}
		if !haveKeys {
			out = append(out, fmt.Sprintf("%s: %s can be reached from other machines; make an ingest key with `sightline key create NAME` first, or bind to 127.0.0.1", l.path, l.address))
		}
		if !l.tls && !c.TLS.EndedBefore {
			out = append(out, fmt.Sprintf("%s: %s would send keys and data in plain text; set tls.cert_file and tls.key_file beside it, or tls.ended_before: true where a proxy in front ends TLS", l.path, l.address))
		}
	}
	return out
}

// receiversBeyondLoopback reports whether other machines can send to a receiver of the `collector:` section.
func (c *Config) receiversBeyondLoopback() bool {
	return slices.ContainsFunc(c.overlayListeners(), func(l overlayListener) bool { return !isLoopback(l.address) })
}
