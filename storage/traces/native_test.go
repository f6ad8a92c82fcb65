package traces_test

import (
	"bytes"
	"encoding/json"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/sightline/sightline/storage/traces"
)

// cells reads a block back with ch-go, an implementation of the format that is not ours: column by column.
func cells(t testing.TB, b batch.Block) map[string]proto.Column {
	t.Helper()
	types := map[string]string{}
	for _, c := range traces.Declared()[b.Table] {
		types[c[0]] = c[1]
	}
	var results proto.Results
	columns := map[string]proto.Column{}
	for _, name := range b.Columns {
		c := columnOf(t, types[name])
		columns[name] = c
		results = append(results, proto.ResultColumn{Name: name, Data: c})
	}
	r := proto.NewReader(bytes.NewReader(b.Body.Bytes()))
	var block proto.Block
	if err := block.DecodeRawBlock(r, 0, results); err != nil {
		t.Fatalf("read block of %s back: %v", b.Table, err)
	}
	if rest, err := r.ReadByte(); err == nil {
		t.Fatalf("block of %s has bytes after its end: %#x", b.Table, rest)
	}
	if block.Rows != b.Rows {
		t.Fatalf("block of %s has %d rows, says %d", b.Table, block.Rows, b.Rows)
	}
	return columns
}

func columnOf(t testing.TB, typ string) proto.Column {
	text := func() *proto.ColLowCardinality[string] { return new(proto.ColStr).LowCardinality() }
	maps := func() *proto.ColMap[string, string] { return proto.NewMap[string, string](text(), new(proto.ColStr)) }
	times := func() *proto.ColDateTime64 { return new(proto.ColDateTime64).WithPrecision(proto.PrecisionNano) }
	switch strings.TrimPrefix(strings.TrimPrefix(typ, "SimpleAggregateFunction(min, "), "SimpleAggregateFunction(max, ") {
	case "LowCardinality(String)":
		return text()
	case "String", "String)":
		return new(proto.ColStr)
	case "DateTime64(9, 'UTC')", "DateTime64(9, 'UTC'))":
		return times()
	case "FixedString(16)":
		return &proto.ColFixedStr{Size: 16}
	case "UInt64":
		return new(proto.ColUInt64)
	case "UInt32":
		return new(proto.ColUInt32)
	case "UInt16":
		return new(proto.ColUInt16)
	case "UInt8":
		return new(proto.ColUInt8)
	case "Int32":
		return new(proto.ColInt32)
	case "Float64":
		return new(proto.ColFloat64)
	case "Date":
		return new(proto.ColDate)
	case "DateTime('UTC')":
		return new(proto.ColDateTime)
	case "UInt128", "UInt128)":
		return new(proto.ColUInt128)
	case "Map(LowCardinality(String), String)":
		return maps()
	case "Map(LowCardinality(String), Int64)":
		return proto.NewMap[string, int64](text(), new(proto.ColInt64))
	case "Map(LowCardinality(String), Float64)":
		return proto.NewMap[string, float64](text(), new(proto.ColFloat64))
	case "Array(Map(LowCardinality(String), String))":
		return proto.NewArray[map[string]string](maps())
	case "Array(DateTime64(9, 'UTC'))":
		return &proto.ColArr[int64]{Data: rawTimes{times()}}
	case "Array(LowCardinality(String))":
		return proto.NewArray[string](text())
	case "Array(UInt32)":
		return proto.NewArray[uint32](new(proto.ColUInt32))
	case "Array(UInt64)":
		return proto.NewArray[uint64](new(proto.ColUInt64))
	case "Array(String)":
		return proto.NewArray[string](new(proto.ColStr))
	case "Array(FixedString(16))":
		return proto.NewArray[[]byte](&proto.ColFixedStr{Size: 16})
	}
	t.Fatalf("no column for type %q", typ)
	return nil
}

// rawTimes are times in ns, for those that time.Time's conversions in ch-go would bend.
type rawTimes struct{ *proto.ColDateTime64 }

func (c rawTimes) Row(i int) int64     { return int64(c.Data[i]) }
func (c rawTimes) Append(v int64)      { c.Data = append(c.Data, proto.DateTime64(v)) }
func (c rawTimes) AppendArr(v []int64) {}

func at[T any](t testing.TB, columns map[string]proto.Column, name string, i int) T {
	t.Helper()
	c, ok := columns[name].(interface{ Row(int) T })
	if !ok {
		t.Fatalf("column %s is a %T", name, columns[name])
	}
	return c.Row(i)
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

// decodeMap reads a map of strings as attributes.
func decodeMap(t testing.TB, stored map[string]string) map[string]string {
	t.Helper()
	attrs := map[string]string{}
	for k, v := range stored {
		typ, text := encode.DecodeValue(v)
		if got := encode.EncodeValue(typ, text); got != v {
			t.Errorf("encode.EncodeValue(DecodeValue(%q)) = %q", v, got)
		}
		attrs[k] = attrText(traces.Attr{Key: k, Type: typ, Text: text})
	}
	return attrs
}

func attrText(a traces.Attr) string {
	if a.Type != traces.ValueJSON {
		return a.Type.String() + " " + a.Text
	}
	d := json.NewDecoder(strings.NewReader(a.Text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "json, which it is not: " + err.Error() + ": " + a.Text
	}
	return "json " + canonical(v)
}
