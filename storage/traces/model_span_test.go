package traces_test

import (
	"encoding/binary"
	"fmt"
	"github.com/sightline/sightline/storage/batch"
	"math"
	"strings"

	"github.com/sightline/sightline/storage/traces/peer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const year2100 = uint64(4102444800) * 1e9

// rows are what is stored of a request, in its order, but for the spans that were rejected.
func (m model) rows(td ptrace.Traces, rejected map[int]bool) (rows []row) {
	ordinal := -1
	for _, rs := range td.ResourceSpans().All() {
		get := func(key string) string {
			// pdata gives the first of equal keys, we the last
			value := ""
			for k, v := range rs.Resource().Attributes().All() {
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
		short := func(s string) string { return m.text(s, limitName, newList(), "") }
		service := get("service.name")
		if service == "" {
			service = "unknown_service"
		}
		retention := m.policy.Days
		if retention == 0 {
			retention = batch.DefaultRetentionDays
		}
		if days := m.policy.Services[service]; days != 0 {
			retention = days
		}
		for _, ss := range rs.ScopeSpans().All() {
			l := newList()
			scope := ss.Scope()
			kept, keys, dropped := m.attributes(scope.Attributes(), l)
			scopeName, scopeVersion := m.text(scope.Name(), limitName, l, "scope.name"), m.text(scope.Version(), limitName, l, "scope.version")
			scopeURL := m.text(ss.SchemaUrl(), limitName, l, "scope.schema_url")
			scopeAttrs := stringOnly(m.values(kept, keys, l))
			for _, s := range ss.Spans().All() {
				if ordinal++; rejected[ordinal] {
					continue
				}
				r := m.span(s)
				r.Project, r.Retention = m.project, retention
				r.Service, r.ServiceType, r.Namespace = short(service), peer.ServiceType(get), short(first("service.namespace", "k8s.namespace.name"))
				r.Env, r.Version = short(first("deployment.environment.name", "deployment.environment")), short(get("service.version"))
				r.ScopeName, r.ScopeVersion, r.ScopeURL, r.ScopeAttrs = scopeName, scopeVersion, scopeURL, scopeAttrs
				r.ScopeDropped = sum32(scope.DroppedAttributesCount(), dropped)
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func stringOnly(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func sum32(a, b uint32) uint32 {
	return uint32(min(uint64(a)+uint64(b), math.MaxUint32))
}

func (m model) span(s ptrace.Span) row {
	l := newList()
	kept, keys, dropped := m.attributes(s.Attributes(), l)
	id, traceID, parent := s.SpanID(), s.TraceID(), s.ParentSpanID()
	r := row{
		TraceID: string(traceID[:]), SpanID: binary.BigEndian.Uint64(id[:]), ParentID: binary.BigEndian.Uint64(parent[:]),
		Flags: s.Flags(), Kind: int32(s.Kind()), Status: int32(s.Status().Code()), DroppedAttrs: sum32(s.DroppedAttributesCount(), dropped),
		Events: []event{}, Links: []link{},
	}
	received := uint64(max(m.received.UnixNano(), 0))
	start, end := uint64(s.StartTimestamp()), uint64(s.EndTimestamp())
	switch {
	case start == 0:
		l.reasons["ts_missing"] = true
		if start = received; end != 0 && end < year2100 {
			start = end
		}
	case start >= year2100:
		l.reasons["ts_range"] = true
		l.notes = append(l.notes, note{"sightline.raw.start_time_unix_nano", fmt.Sprintf("string %d", start)})
		start = received
	case received != 0 && start > received+600e9:
		l.reasons["ts_future"] = true
	}
	if end > math.MaxInt64 {
		l.reasons["ts_range"] = true
		l.notes = append(l.notes, note{"sightline.raw.end_time_unix_nano", fmt.Sprintf("string %d", end)})
		end = max(received, start)
	}
	r.Start = int64(start)
	if end >= start {
		r.Duration = end - start
	} else if end != 0 {
		l.reasons["negative_duration"] = true
		l.notes = append(l.notes, note{"sightline.raw.end_time_unix_nano", fmt.Sprintf("string %d", end)})
	}
	if s.EndTimestamp() == 0 && s.StartTimestamp() != 0 {
		r.State = 1
	}
	if r.Kind < 0 || r.Kind > 5 || r.Status < 0 || r.Status > 2 {
		l.reasons["enum"] = true
	}
	if r.ParentID == r.SpanID && r.SpanID != 0 {
		l.reasons["self_parent"] = true
	}

	in := &peer.Input{}
	in.Reset(r.Kind, r.Status)
	in.Message = s.Status().Message()
	moreEvents, moreLinks := uint32(0), uint32(0)
	for i, e := range s.Events().All() {
		if i >= 1024 {
			moreEvents++
			continue
		}
		sub := newList()
		kept, keys, dropped := m.attributes(e.Attributes(), sub)
		at := uint64(e.Timestamp())
		if at > math.MaxInt64 {
			sub.reasons["ts_range"] = true
			sub.notes = append(sub.notes, note{"sightline.raw.time_unix_nano", fmt.Sprintf("string %d", at)})
			at = start
		}
		for i, key := range keys {
			if key == "exception.type" {
				evidence(in, key, kept[i])
			}
		}
		r.Events = append(r.Events, event{int64(at), m.text(e.Name(), limitName, sub, "event.name"), m.values(kept, keys, sub), sum32(e.DroppedAttributesCount(), dropped)})
		merge(l, sub)
	}
	for i, k := range s.Links().All() {
		if i >= 256 {
			moreLinks++
			continue
		}
		sub := newList()
		kept, keys, dropped := m.attributes(k.Attributes(), sub)
		id, traceID := k.SpanID(), k.TraceID()
		r.Links = append(r.Links, link{
			string(traceID[:]), binary.BigEndian.Uint64(id[:]), m.text(k.TraceState().AsRaw(), limitValue, sub, "link.trace_state"), k.Flags(),
			m.values(kept, keys, sub), sum32(k.DroppedAttributesCount(), dropped),
		})
		merge(l, sub)
	}
	r.DroppedEvents, r.DroppedLinks = sum32(s.DroppedEventsCount(), moreEvents), sum32(s.DroppedLinksCount(), moreLinks)
	if moreEvents > 0 {
		l.reasons["limit_events"] = true
	}
	if moreLinks > 0 {
		l.reasons["limit_links"] = true
	}
	r.Name = m.text(s.Name(), limitName, l, "span.name")
	r.TraceState = m.text(s.TraceState().AsRaw(), limitValue, l, "span.trace_state")
	r.Message = m.text(s.Status().Message(), limitValue, l, "span.status_message")
	for i, key := range keys {
		evidence(in, key, kept[i])
	}
	r.Attrs = m.values(kept, keys, l)
	answer := peer.Recognise(in)
	r.Class, r.Weight = uint8(answer.Class), peer.Weight(s.TraceState().AsRaw(), in)
	clean := func(s string) string {
		return m.text(cutRunes(strings.ToValidUTF8(s, "\uFFFD"), limitName), limitName, newList(), "")
	}
	r.PeerType, r.PeerName = clean(answer.Type), clean(answer.Name)
	if in.StillRunning() {
		r.State = 1
	}
	return r
}

func merge(l, sub *list) {
	for r := range sub.reasons {
		l.reasons[r] = true
	}
}

func evidence(in *peer.Input, key string, v pcommon.Value) {
	slot := peer.SlotOf([]byte(key))
	if slot == peer.NoSlot {
		return
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		in.SetString(slot, v.Str())
	case pcommon.ValueTypeInt:
		in.SetInt(slot, v.Int())
	case pcommon.ValueTypeBool:
		b := int64(0)
		if v.Bool() {
			b = 1
		}
		in.Set(slot, peer.Value{Type: peer.Bool, Int: b})
	case pcommon.ValueTypeDouble:
		in.Set(slot, peer.Value{Type: peer.Float, Num: v.Double()})
	case pcommon.ValueTypeSlice:
		for _, e := range v.Slice().All() {
			if e.Type() == pcommon.ValueTypeStr {
				if e.Str() != "" {
					in.SetString(slot, e.Str())
				}
				return
			}
		}
	}
}
