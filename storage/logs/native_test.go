package logs_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/logs"
)

// rowsOf are the records of a batch in the order of its blocks.
func rowsOf(t testing.TB, b *logs.Batch) (rows []row) {
	t.Helper()
	for _, block := range b.Blocks() {
		if block.Table == "logs" {
			rows = append(rows, blockRows(t, block)...)
		}
	}
	if len(rows) != b.Rows() {
		t.Fatalf("%d rows in blocks, Rows says %d", len(rows), b.Rows())
	}
	return rows
}

func blockRows(t testing.TB, b batch.Block) (rows []row) {
	t.Helper()
	c := encodetest.Cells(t, b, logs.Declared())
	text := func(name string, i int) string { return encodetest.At[string](t, c, name, i) }
	u32 := func(name string, i int) uint32 { return encodetest.At[uint32](t, c, name, i) }
	pairs := func(name string, i int) map[string]string {
		m := map[string]string{}
		for _, kv := range c[name].(*proto.ColMap[string, string]).RowKV(i) {
			if _, twice := m[kv.Key]; twice {
				t.Errorf("%s has key %q twice", name, kv.Key)
			}
			m[kv.Key] = kv.Value
		}
		return encodetest.DecodeMap(t, m)
	}
	for i := range b.Rows {
		r := row{
			Project: text("project", i), Time: int64((*c["time"].(*proto.ColDateTime64)).Data[i]),
			TraceID: string(encodetest.At[[]byte](t, c, "trace_id", i)), SpanID: encodetest.At[uint64](t, c, "span_id", i), Flags: u32("flags", i),
			Severity: encodetest.At[int32](t, c, "severity", i), SeverityText: text("severity_text", i), EventName: text("event_name", i),
			Body: valueText(text("body", i)), Attrs: pairs("attrs", i), DroppedAttrs: u32("dropped_attrs", i),
			Service: text("service", i), Namespace: text("namespace", i), Env: text("env", i), Vers: text("version", i),
			Scope: encodetest.Scope{
				Name: text("scope_name", i), Version: text("scope_version", i), URL: text("scope_schema_url", i), Attrs: pairs("scope_attrs", i),
				Dropped: u32("scope_dropped_attrs", i),
			},
			Retention: encodetest.At[uint16](t, c, "retention_days", i),
		}
		sent := encodetest.At[uint8](t, c, "sent", i)
		if sent&1 != 0 {
			r.Sent = uint64(r.Time + encodetest.At[int64](t, c, "time_offset", i))
		}
		if sent&2 != 0 {
			r.Observed = uint64(r.Time + encodetest.At[int64](t, c, "observed_offset", i))
		}
		for k, v := range encodetest.At[map[string]int64](t, c, "attrs_int", i) {
			r.Attrs[k] = encodetest.AttrText(encode.IntAttr(k, v))
		}
		for k, v := range encodetest.At[map[string]float64](t, c, "attrs_float", i) {
			r.Attrs[k] = encodetest.AttrText(encode.FloatAttr(k, v))
		}
		rows = append(rows, r)
	}
	return rows
}

func valueText(stored string) string {
	typ, text := encode.DecodeValue(stored)
	return encodetest.AttrText(encode.Value{Type: typ, Text: text})
}

// inBlocks puts the model's rows in the order of blocks: by retention and day, else as they came.
func inBlocks(rows []row) []row {
	slices.SortStableFunc(rows, func(a, b row) int {
		if a.Retention != b.Retention {
			return int(a.Retention) - int(b.Retention)
		}
		return int(a.Time/encode.Day - b.Time/encode.Day)
	})
	return rows
}

func compare(t testing.TB, got, want []row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("row %d is\n%.3000s\nwant\n%.3000s", i, dump(t, got[i]), dump(t, want[i]))
		}
	}
}

func dump(t testing.TB, r row) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
