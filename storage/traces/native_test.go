package traces_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/traces"
)

// cells reads a block back with ch-go, an implementation of the format that is not ours: column by column.
func cells(t testing.TB, b batch.Block) map[string]proto.Column {
	t.Helper()
	return encodetest.Cells(t, b, traces.Declared()[b.Table])
}

func at[T any](t testing.TB, columns map[string]proto.Column, name string, i int) T {
	t.Helper()
	return encodetest.At[T](t, columns, name, i)
}

// blockRows are the spans of a block.
func blockRows(t testing.TB, b batch.Block) (rows []row) {
	t.Helper()
	c := cells(t, b)
	text := func(name string, i int) string { return at[string](t, c, name, i) }
	u32 := func(name string, i int) uint32 { return at[uint32](t, c, name, i) }
	pairs := func(name string, i int) map[string]string {
		m := map[string]string{}
		for _, kv := range c[name].(*proto.ColMap[string, string]).RowKV(i) {
			if _, twice := m[kv.Key]; twice {
				t.Errorf("%s has key %q twice", name, kv.Key)
			}
			m[kv.Key] = kv.Value
		}
		return m
	}
	for i := range b.Rows {
		r := row{
			Project: text("project", i), Start: int64((*c["start"].(*proto.ColDateTime64)).Data[i]), TraceID: string(at[[]byte](t, c, "trace_id", i)),
			SpanID: at[uint64](t, c, "span_id", i), ParentID: at[uint64](t, c, "parent_id", i), TraceState: text("trace_state", i),
			Flags: u32("flags", i), Name: text("name", i), Kind: at[int32](t, c, "kind", i), Duration: at[uint64](t, c, "duration", i),
			Status: at[int32](t, c, "status", i), Message: text("status_message", i), State: at[uint8](t, c, "state", i),
			DroppedAttrs: u32("dropped_attrs", i), DroppedEvents: u32("dropped_events", i), DroppedLinks: u32("dropped_links", i),
			Service: text("service", i), ServiceType: text("service_type", i), Namespace: text("namespace", i), Env: text("env", i), Version: text("version", i),
			ScopeName: text("scope_name", i), ScopeVersion: text("scope_version", i), ScopeURL: text("scope_schema_url", i),
			ScopeAttrs: decodeMap(t, pairs("scope_attrs", i)), ScopeDropped: u32("scope_dropped_attrs", i),
			Class: at[uint8](t, c, "class", i), PeerType: text("peer_type", i), PeerName: text("peer_name", i), Weight: at[float64](t, c, "weight", i),
			Retention: at[uint16](t, c, "retention_days", i), Events: []event{}, Links: []link{},
		}
		r.Attrs = decodeMap(t, pairs("attrs", i))
		for k, v := range at[map[string]int64](t, c, "attrs_int", i) {
			r.Attrs[k] = attrText(encode.IntAttr(k, v))
		}
		for k, v := range at[map[string]float64](t, c, "attrs_float", i) {
			r.Attrs[k] = attrText(encode.FloatAttr(k, v))
		}
		for key, column := range liftedColumns {
			if v := text(column, i); v != "" {
				r.Attrs[key] = "string " + v
			}
		}
		if v := at[uint16](t, c, "a_http_response_status_code", i); v != 0 {
			r.Attrs["http.response.status_code"] = "int " + strconv.Itoa(int(v))
		}
		maps := at[[]map[string]string](t, c, "ev_attrs", i)
		for j, name := range at[[]string](t, c, "ev_name", i) {
			r.Events = append(r.Events, event{at[[]int64](t, c, "ev_time", i)[j], name, decodeMap(t, maps[j]), at[[]uint32](t, c, "ev_dropped_attrs", i)[j]})
		}
		maps = at[[]map[string]string](t, c, "ln_attrs", i)
		for j, id := range at[[]uint64](t, c, "ln_span_id", i) {
			r.Links = append(r.Links, link{
				string(at[[][]byte](t, c, "ln_trace_id", i)[j]), id, at[[]string](t, c, "ln_trace_state", i)[j],
				at[[]uint32](t, c, "ln_flags", i)[j], decodeMap(t, maps[j]), at[[]uint32](t, c, "ln_dropped_attrs", i)[j],
			})
		}
		rows = append(rows, r)
	}
	return rows
}

var liftedColumns = func() map[string]string {
	m := map[string]string{}
	for _, key := range []string{
		"http.request.method", "http.route", "messaging.system", "rpc.service", "rpc.method", "db.system.name", "db.operation.name",
		"server.address", "messaging.destination.name", "error.type", "network.protocol.version",
	} {
		m[key] = "a_" + strings.ReplaceAll(key, ".", "_")
	}
	return m
}()

func decodeMap(t testing.TB, stored map[string]string) map[string]string {
	t.Helper()
	return encodetest.DecodeMap(t, stored)
}

func attrText(a traces.Attr) string { return encodetest.AttrText(a) }
