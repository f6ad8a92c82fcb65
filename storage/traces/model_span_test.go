package traces_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/traces/peer"
)

const year2100 = uint64(4102444800) * 1e9

// rows are what is stored of a request, in its order, but for the spans that were rejected.
func (m model) rows(td ptrace.Traces, rejected map[int]bool) (rows []row) {
	ordinal := -1
	for _, rs := range td.ResourceSpans().All() {
		from, service := m.rules().Resource(rs.Resource().Attributes())
		retention := m.policy.Days
		if retention == 0 {
			retention = batch.DefaultRetentionDays
		}
		if days := m.policy.Services[service]; days != 0 {
			retention = days
		}
		for _, ss := range rs.ScopeSpans().All() {
			scope := m.rules().Scope(ss.Scope(), ss.SchemaUrl())
			for _, s := range ss.Spans().All() {
				if ordinal++; rejected[ordinal] {
					continue
				}
				r := m.span(s)
				r.Project, r.Retention = m.project, retention
				r.Service, r.ServiceType, r.Namespace, r.Env, r.Version = from.Service, from.ServiceType, from.Namespace, from.Env, from.Version
				r.ScopeName, r.ScopeVersion, r.ScopeURL, r.ScopeAttrs, r.ScopeDropped = scope.Name, scope.Version, scope.URL, scope.Attrs, scope.Dropped
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func (m model) span(s ptrace.Span) row {
	l := encodetest.NewList()
	kept, keys, dropped := m.rules().Attributes(s.Attributes(), l)
	id, traceID, parent := s.SpanID(), s.TraceID(), s.ParentSpanID()
	r := row{
		TraceID: string(traceID[:]), SpanID: binary.BigEndian.Uint64(id[:]), ParentID: binary.BigEndian.Uint64(parent[:]),
		Flags: s.Flags(), Kind: int32(s.Kind()), Status: int32(s.Status().Code()), DroppedAttrs: encodetest.Sum(s.DroppedAttributesCount(), dropped),
		Events: []event{}, Links: []link{},
	}
	received := uint64(max(m.received.UnixNano(), 0))
	start, end := uint64(s.StartTimestamp()), uint64(s.EndTimestamp())
	switch {
	case start == 0:
		l.Reasons["ts_missing"] = true
		if start = received; end != 0 && end < year2100 {
			start = end
		}
	case start >= year2100:
		l.Reasons["ts_range"] = true
		l.Notes = append(l.Notes, encodetest.Note{Key: "sightline.raw.start_time_unix_nano", Value: fmt.Sprintf("string %d", start)})
		start = received
	case received != 0 && start > received+600e9:
		l.Reasons["ts_future"] = true
	}
	if end > math.MaxInt64 {
		l.Reasons["ts_range"] = true
		l.Notes = append(l.Notes, encodetest.Note{Key: "sightline.raw.end_time_unix_nano", Value: fmt.Sprintf("string %d", end)})
		end = max(received, start)
	}
	r.Start = int64(start)
	if end >= start {
		r.Duration = end - start
	} else if end != 0 {
		l.Reasons["negative_duration"] = true
		l.Notes = append(l.Notes, encodetest.Note{Key: "sightline.raw.end_time_unix_nano", Value: fmt.Sprintf("string %d", end)})
	}
	if s.EndTimestamp() == 0 && s.StartTimestamp() != 0 {
		r.State = 1
	}
	if r.Kind < 0 || r.Kind > 5 || r.Status < 0 || r.Status > 2 {
		l.Reasons["enum"] = true
	}
	if r.ParentID == r.SpanID && r.SpanID != 0 {
		l.Reasons["self_parent"] = true
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
		sub := encodetest.NewList()
		kept, keys, dropped := m.rules().Attributes(e.Attributes(), sub)
		at := uint64(e.Timestamp())
		if at > math.MaxInt64 {
			sub.Reasons["ts_range"] = true
			sub.Notes = append(sub.Notes, encodetest.Note{Key: "sightline.raw.time_unix_nano", Value: fmt.Sprintf("string %d", at)})
			at = start
		}
		for i, key := range keys {
			if key == "exception.type" {
				evidence(in, key, kept[i])
			}
		}
		r.Events = append(r.Events, event{int64(at), m.rules().Text(e.Name(), encodetest.MaxName, sub, "event.name"), m.rules().Values(kept, keys, sub), encodetest.Sum(e.DroppedAttributesCount(), dropped)})
		merge(l, sub)
	}
	for i, k := range s.Links().All() {
		if i >= 256 {
			moreLinks++
			continue
		}
		sub := encodetest.NewList()
		kept, keys, dropped := m.rules().Attributes(k.Attributes(), sub)
		id, traceID := k.SpanID(), k.TraceID()
		r.Links = append(r.Links, link{
			string(traceID[:]), binary.BigEndian.Uint64(id[:]), m.rules().Text(k.TraceState().AsRaw(), encodetest.MaxValue, sub, "link.trace_state"), k.Flags(),
			m.rules().Values(kept, keys, sub), encodetest.Sum(k.DroppedAttributesCount(), dropped),
		})
		merge(l, sub)
	}
	r.DroppedEvents, r.DroppedLinks = encodetest.Sum(s.DroppedEventsCount(), moreEvents), encodetest.Sum(s.DroppedLinksCount(), moreLinks)
	if moreEvents > 0 {
		l.Reasons["limit_events"] = true
	}
	if moreLinks > 0 {
		l.Reasons["limit_links"] = true
	}
	r.Name = m.rules().Text(s.Name(), encodetest.MaxName, l, "span.name")
	r.TraceState = m.rules().Text(s.TraceState().AsRaw(), encodetest.MaxValue, l, "span.trace_state")
	r.Message = m.rules().Text(s.Status().Message(), encodetest.MaxValue, l, "span.status_message")
	for i, key := range keys {
		evidence(in, key, kept[i])
	}
	r.Attrs = m.rules().Values(kept, keys, l)
	answer := peer.Recognise(in)
	r.Class, r.Weight = uint8(answer.Class), peer.Weight(s.TraceState().AsRaw(), in)
	clean := func(s string) string {
		return m.rules().Text(encodetest.CutRunes(strings.ToValidUTF8(s, "\uFFFD"), encodetest.MaxName), encodetest.MaxName, encodetest.NewList(), "")
	}
	r.PeerType, r.PeerName = clean(answer.Type), clean(answer.Name)
	if in.StillRunning() {
		r.State = 1
	}
	return r
}

func merge(l, sub *encodetest.List) {
	for r := range sub.Reasons {
		l.Reasons[r] = true
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
