package traces_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/traces"
)

// service adds a ResourceSpans of one span to a request.
func service(td ptrace.Traces, name string, id byte, start time.Time) ptrace.Span {
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", name)
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID([16]byte{id})
	s.SetSpanID([8]byte{id})
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	s.SetEndTimestamp(s.StartTimestamp())
	return s
}

func appendAll(t *testing.T, b *traces.Batch, project string, td ptrace.Traces) {
	t.Helper()
	if err := b.Append(batch.Request{Project: project, Received: day0, Body: marshal(t, td)}); err != nil {
		t.Fatal(err)
	}
}

func TestSpansAreSplitByRetentionAndDay(t *testing.T) {
	td := ptrace.NewTraces()
	service(td, "short", 1, day0)
	service(td, "long", 1, day0.AddDate(0, 0, -1))
	service(td, "short", 1, day0.AddDate(0, 0, -1))
	service(td, "short", 2, day0.Truncate(24*time.Hour))
	service(td, "short", 2, day0.Truncate(24*time.Hour).Add(-1))
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Retention: batch.Retention{Days: 3, Services: map[string]uint16{"long": 90}}})
	appendAll(t, b, "default", td)
	var got []string
	for _, block := range b.Blocks() {
		if len(block.Columns) != len(traces.Declared()[block.Table]) {
			t.Errorf("%s has %d columns", block.Table, len(block.Columns))
		}
		got = append(got, fmt.Sprintf("%s %q %d days from %s: %d rows, kind %d", block.Table, block.Partition, block.RetentionDays, block.Day.Format(time.DateOnly), block.Rows, block.Kind))
	}
	want := []string{
		`resources "" 90 days from 2026-11-22: 2 rows, kind 0`,
		`trace_index "3,20261121" 3 days from 2026-11-21: 2 rows, kind 0`,
		`trace_index "90,20261121" 90 days from 2026-11-21: 1 rows, kind 0`,
		`spans "3,20261121" 3 days from 2026-11-21: 2 rows, kind 1`,
		`spans "3,20261122" 3 days from 2026-11-22: 2 rows, kind 1`,
		`spans "90,20261121" 90 days from 2026-11-21: 1 rows, kind 1`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("blocks are\n%q\nwant\n%q", got, want)
	}
}

func TestSpansOnManyDaysGiveSmallBlocks(t *testing.T) {
	td := ptrace.NewTraces()
	for i := range 200 {
		for j := range 5 {
			service(td, "s", byte(i), day0.AddDate(0, 0, -i)).SetName(fmt.Sprintf("operation %d of day %d", j, i))
		}
	}
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Retention: batch.Retention{Days: 400}})
	appendAll(t, b, "default", td)
	blocks, rows := 0, 0
	for _, block := range b.Blocks() {
		if block.Table != "spans" {
			continue
		}
		blocks++
		rows += block.Rows
		if n := block.Body.Len(); n > 8000 {
			t.Fatalf("block of %d rows has %d bytes: it carries other days' names", block.Rows, n)
		}
		c := cells(t, block)
		for i := range block.Rows {
			day := int(day0.Truncate(24*time.Hour).Sub(block.Day).Hours() / 24)
			if name := at[string](t, c, "name", i); name != fmt.Sprintf("operation %d of day %d", i, day) {
				t.Fatalf("span is named %q", name)
			}
		}
	}
	if blocks != 200 || rows != 1000 {
		t.Errorf("%d blocks of %d rows", blocks, rows)
	}
}

func TestResourceIsWrittenOnceADay(t *testing.T) {
	td := ptrace.NewTraces()
	service(td, "s", 1, day0)
	b := traces.NewBatch(batch.ID{}, batch.Policy{})
	rows := func() (n int) {
		for _, block := range b.Blocks() {
			if block.Table == "resources" {
				n += block.Rows
			}
		}
		return n
	}
	round := func(cut time.Time, policy batch.Policy, done bool) int {
		b.Reset(batch.NewID([8]byte{1}, cut), policy)
		appendAll(t, b, "default", td)
		appendAll(t, b, "default", td)
		n := rows()
		if got := spansOf(t, b); len(got) != 2 || got[1].Service != "s" {
			t.Fatalf("spans are %v", got)
		}
		if done {
			b.Done()
		}
		return n
	}
	f := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d rows, want %d", what, got, want)
		}
	}
	week, month := batch.Policy{Retention: batch.Retention{Days: 7}}, batch.Policy{Retention: batch.Retention{Days: 30}}
	f("new", round(day0, week, false), 1)
	f("not known to be stored", round(day0, week, true), 1)
	f("stored", round(day0.Add(time.Hour), week, true), 0)
	f("next day", round(day0.Add(14*time.Hour), week, true), 1)
	f("next day again", round(day0.Add(15*time.Hour), week, true), 0)
	f("another policy", round(day0.Add(15*time.Hour), month, true), 1)

	b.Reset(batch.NewID([8]byte{1}, day0), week)
	appendAll(t, b, "default", td)
	appendAll(t, b, "other", td)
	f("two projects", rows(), 2)

	b.Reset(batch.NewID([8]byte{1}, day0), batch.Policy{Retention: batch.Retention{Days: 8}})
	if b.Append(batch.Request{Project: "default", Received: day0, Body: append(marshal(t, td), 0xFF)}) == nil {
		t.Fatal("malformed request is taken")
	}
	f("malformed", rows(), 0)
	if len(b.Blocks()) != 0 || b.Rows() != 0 || len(b.Stats()) != 0 || len(b.Minutes()) != 0 {
		t.Errorf("a malformed request leaves %v, %v, %v", b.Blocks(), b.Stats(), b.Minutes())
	}
	appendAll(t, b, "default", td)
	f("after a malformed one", rows(), 1)
}

func TestResourceKeepsEverything(t *testing.T) {
	td := one(func(ptrace.Span) {})
	rs := td.ResourceSpans().At(0)
	rs.SetSchemaUrl("https://schema")
	rs.Resource().SetDroppedAttributesCount(4)
	a := rs.Resource().Attributes()
	a.PutInt("process.pid", 7)
	a.PutDouble("load", 0.5)
	a.PutBool("ok", true)
	a.PutEmptySlice("args").AppendEmpty().SetStr("x")
	a.PutStr("deployment.environment.name", "prod")
	a.PutStr("service.namespace", "shop")
	a.PutStr("service.version", "1.2")
	a.PutStr("cloud.platform", "aws_ecs")
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	appendAll(t, b, "p", td)
	block := b.Blocks()[0]
	c := cells(t, block)
	attrs := decodeMap(t, at[map[string]string](t, c, "attrs", 0))
	for k, v := range at[map[string]int64](t, c, "attrs_int", 0) {
		attrs[k] = attrText(encode.IntAttr(k, v))
	}
	for k, v := range at[map[string]float64](t, c, "attrs_float", 0) {
		attrs[k] = attrText(encode.FloatAttr(k, v))
	}
	for k, v := range a.All() {
		if want := (encodetest.Model{}).Value(v, k, encodetest.NewList()); attrs[k] != want {
			t.Errorf("%s is %q, want %q", k, attrs[k], want)
		}
	}
	text := func(name string) string { return at[string](t, c, name, 0) }
	got := fmt.Sprint(text("project"), text("service"), text("service_type"), text("namespace"), text("env"), text("version"), text("schema_url"),
		at[uint32](t, c, "dropped_attrs", 0), at[time.Time](t, c, "last_seen", 0).UTC().Equal(day0), at[uint16](t, c, "retention_days", 0))
	if want := "psAWS::ECS::Containershopprod1.2https://schema4 true 7"; got != want {
		t.Errorf("row is %s, want %s", got, want)
	}
	r := spansOf(t, b)[0]
	if r.ServiceType != "AWS::ECS::Container" || r.Namespace != "shop" || r.Env != "prod" || r.Version != "1.2" {
		t.Errorf("span has %+v", r)
	}
	if id := at[[]byte](t, c, "id", 0); string(id) != string(at[[]byte](t, cells(t, b.Blocks()[2]), "resource_id", 0)) {
		t.Errorf("span names another resource than %x", id)
	}
	if _, ok := c["entity_refs"].(*proto.ColStr); !ok {
		t.Error("no entity_refs")
	}
}

func TestMinutesAndStats(t *testing.T) {
	td := ptrace.NewTraces()
	service(td, "a", 1, day0.Add(59*time.Second))
	service(td, "a", 1, day0.Add(60*time.Second))
	service(td, "a", 2, day0.Add(60*time.Second)).SetKind(77)
	service(td, "b", 3, day0.Add(-24*time.Hour))
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	appendAll(t, b, "one", td)
	appendAll(t, b, "two", td)
	appendAll(t, b, "one", td)
	want := []traces.Minute{
		{Project: "one", Minute: day0.Add(-24 * time.Hour)}, {Project: "two", Minute: day0.Add(-24 * time.Hour)},
		{Project: "one", Minute: day0}, {Project: "two", Minute: day0}, {Project: "one", Minute: day0.Add(time.Minute)}, {Project: "two", Minute: day0.Add(time.Minute)},
	}
	if got := b.Minutes(); !slices.Equal(got, want) {
		t.Errorf("minutes are %v", got)
	}
	stats := b.Stats()
	if len(stats) != 2 || stats[0].Project != "one" || stats[0].Items != 8 || stats[0].Sanitized != 2 || stats[0].ByReason()["enum"] != 2 || stats[1].Items != 4 {
		t.Errorf("counts are %+v", stats)
	}
}

// TestPiecesAndOldForms: protobuf lets messages come in pieces and in any order, and OTLP once had another field for scopes.
func TestPiecesAndOldForms(t *testing.T) {
	field := func(num byte, v ...[]byte) []byte {
		body := slices.Concat(v...)
		return append(binary.AppendUvarint([]byte{num<<3 | 2}, uint64(len(body))), body...)
	}
	attr := func(num byte, key, value string) []byte {
		return field(num, field(1, []byte(key)), field(2, field(1, []byte(value))))
	}
	span := func(id byte) []byte {
		return field(2, field(1, slices.Repeat([]byte{id}, 16)), field(2, slices.Repeat([]byte{id}, 8)), field(5, []byte("n")))
	}
	store := func(body []byte) []row {
		b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
		if err := b.Append(batch.Request{Project: "p", Received: day0, Body: body, Rejected: []uint32{1}}); err != nil {
			t.Fatal(err)
		}
		return spansOf(t, b)
	}
	pieces := store(field(1,
		field(1, attr(1, "service.name", "s")),
		field(2, field(3, []byte("url")), span(1), field(1, field(1, []byte("lib"))), span(2), field(1, attr(3, "k", "v")), span(3)),
		field(1, attr(1, "service.version", "2")),
	))
	if len(pieces) != 2 || pieces[1].Service != "s" || pieces[1].Version != "2" || pieces[0].ScopeName != "lib" || pieces[0].ScopeURL != "url" ||
		pieces[0].ScopeAttrs["k"] != "string v" || pieces[1].SpanID != 0x0303030303030303 {
		t.Errorf("stored as %+v", pieces)
	}
	inside := slices.Concat(field(1, field(1, []byte("old"))), span(1), span(2), span(3))
	old := store(field(1, field(1, attr(1, "service.name", "s")), append(binary.AppendUvarint([]byte{0xC2, 0x3E}, uint64(len(inside))), inside...)))
	if len(old) != 2 || old[0].ScopeName != "old" {
		t.Errorf("stored as %+v", old)
	}
}
