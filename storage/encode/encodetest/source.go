package encodetest

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sightline/sightline/storage/traces/peer"
)

// Resource is what items carry of their resource.
type Resource struct{ Service, ServiceType, Namespace, Env, Version string }

// Resource reads a resource's attributes; service is its name as it was sent, by which retention goes.
func (m Model) Resource(attrs pcommon.Map) (r Resource, service string) {
	get := func(key string) string { // pdata gives the first of equal keys, we the last
		value := ""
		for k, v := range attrs.All() {
			if k == key {
				value = ""
				if v.Type() == pcommon.ValueTypeStr {
					value = v.Str()
				}
			}
		}
		return value
	}
	first := func(a, b string) string {
		if v := get(a); v != "" {
			return v
		}
		return get(b)
	}
	short := func(s string) string { return m.Text(s, MaxName, NewList(), "") }
	if service = get("service.name"); service == "" {
		service = "unknown_service"
	}
	return Resource{
		Service: short(service), ServiceType: peer.ServiceType(get), Namespace: short(first("service.namespace", "k8s.namespace.name")),
		Env: short(first("deployment.environment.name", "deployment.environment")), Version: short(get("service.version")),
	}, service
}

// Scope is what items carry of their scope.
type Scope struct {
	Name, Version, URL string
	Attrs              map[string]string
	Dropped            uint32
}

// Scope reads a scope.
func (m Model) Scope(scope pcommon.InstrumentationScope, url string) (s Scope) {
	l := NewList()
	kept, keys, dropped := m.Attributes(scope.Attributes(), l)
	s.Name, s.Version = m.Text(scope.Name(), MaxName, l, "scope.name"), m.Text(scope.Version(), MaxName, l, "scope.version")
	s.URL = m.Text(url, MaxName, l, "scope.schema_url")
	s.Attrs = m.Values(kept, keys, l)
	s.Dropped = Sum(scope.DroppedAttributesCount(), dropped)
	return s
}

// Sum adds counts up to the largest.
func Sum(a, b uint32) uint32 { return uint32(min(uint64(a)+uint64(b), math.MaxUint32)) }
