package metrics_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/metrics"
)

type seriesID struct {
	project, name string
	id            uint64
}

// rowsOf reads the blocks of a batch back with an implementation of the format that is not ours. Every series must have its row.
func rowsOf(t testing.TB, b *metrics.Batch) (rows []row) {
	t.Helper()
	known := map[seriesID]series{}
	exemplars := map[seriesID]map[int64][]string{}
	type point struct {
		of seriesID
		row
	}
	var points []point
	for _, block := range b.Blocks() {
		if block.Table == "resources" {
			continue
		}
		c := encodetest.Cells(t, block, metrics.Declared()[block.Table])
		for i := range block.Rows {
			id := seriesID{encodetest.At[string](t, c, "project", i), encodetest.At[string](t, c, "name", i), 0}
			if block.Table == "series" {
				id.id = encodetest.At[uint64](t, c, "id", i)
				known[id] = seriesCells(t, c, i)
				continue
			}
			id.id = encodetest.At[uint64](t, c, "series", i)
			at := int64(c["time"].(*proto.ColDateTime64).Data[i])
			day := encode.PartKey{Retention: block.RetentionDays, Day: int32(at / encode.Day)}
			if day.String() != block.Partition {
				t.Fatalf("a row of %s is in partition %s", day, block.Partition)
			}
			if block.Table == "exemplars" {
				if exemplars[id] == nil {
					exemplars[id] = map[int64][]string{}
				}
				exemplars[id][at] = append(exemplars[id][at], exemplarCells(t, c, i).String())
				continue
			}
			points = append(points, point{id, pointCells(t, c, i, at, id)})
		}
	}
	for _, p := range points {
		s, ok := known[p.of]
		if !ok {
			t.Fatalf("the series of a point of %q has no row", p.of.name)
		}
		p.Series, p.Exemplars = s, append([]string{}, exemplars[p.of][p.Time]...)
		p.normal()
		rows = append(rows, p.row)
	}
	return rows
}

func seriesCells(t testing.TB, c map[string]proto.Column, i int) series {
	t.Helper()
	text := func(name string) string { return encodetest.At[string](t, c, name, i) }
	texts := func(name string) map[string]string {
		return encodetest.DecodeMap(t, encodetest.At[map[string]string](t, c, name, i))
	}
	s := series{
		Kind: int(encodetest.At[uint8](t, c, "kind", i)), Temporality: encodetest.At[int32](t, c, "temporality", i),
		Monotonic: encodetest.At[uint8](t, c, "monotonic", i) != 0, Unit: text("unit"), Description: text("description"),
		Metadata: texts("metadata"), Attrs: texts("attrs"), Service: text("service"), Namespace: text("namespace"), Env: text("env"), Version: text("version"),
		Scope: encodetest.Scope{
			Name: text("scope_name"), Version: text("scope_version"), URL: text("scope_schema_url"), Attrs: texts("scope_attrs"),
			Dropped: encodetest.At[uint32](t, c, "scope_dropped_attrs", i),
		},
	}
	for k, v := range encodetest.At[map[string]int64](t, c, "attrs_int", i) {
		s.Attrs[k] = encodetest.AttrText(encode.IntAttr(k, v))
	}
	for k, v := range encodetest.At[map[string]float64](t, c, "attrs_float", i) {
		s.Attrs[k] = encodetest.AttrText(encode.FloatAttr(k, v))
	}
	return s
}

// numberCells is a number as its columns say, read without the package under test.
func numberCells(t testing.TB, c map[string]proto.Column, i int, none bool) string {
	t.Helper()
	value, residue, typ := encodetest.At[float64](t, c, "value", i), encodetest.At[int64](t, c, "residue", i), encodetest.At[uint8](t, c, "type", i)
	name := []string{"none", "double", "int"}[typ]
	switch {
	case typ == 0 || none:
		if math.Float64bits(value) != math.Float64bits(staleNaN) {
			t.Errorf("a point without a value has %x", math.Float64bits(value))
		}
		return fmt.Sprintf("%s %016x", name, uint64(residue))
	case typ == 1:
		return "double " + bitsOf(value)
	case value == 1<<63:
		return fmt.Sprintf("int %016x", 1<<63+uint64(residue))
	}
	return fmt.Sprintf("int %016x", uint64(int64(value)+residue))
}

func exemplarCells(t testing.TB, c map[string]proto.Column, i int) exemplar {
	t.Helper()
	x := exemplar{
		At: encodetest.At[uint64](t, c, "at", i), Value: numberCells(t, c, i, false),
		Attrs: encodetest.DecodeMap(t, encodetest.At[map[string]string](t, c, "attrs", i)),
	}
	x.ids(encodetest.At[[]byte](t, c, "trace_id", i), encodetest.At[uint64](t, c, "span_id", i))
	return x
}

// ids sets the ids as pdata writes them: zeros are "".
func (x *exemplar) ids(trace []byte, span uint64) {
	if slices.Max(trace) > 0 {
		x.Trace = fmt.Sprintf("%x", trace)
	}
	if span != 0 {
		x.Span = fmt.Sprintf("%016x", span)
	}
}

func pointCells(t testing.TB, c map[string]proto.Column, i int, at int64, id seriesID) row {
	t.Helper()
	r := row{
		Project: id.project, Name: id.name, Time: at, Sent: uint64(at) + uint64(encodetest.At[int64](t, c, "time_offset", i)),
		Start: encodetest.At[uint64](t, c, "start", i), Flags: encodetest.At[uint32](t, c, "flags", i), Retention: encodetest.At[uint16](t, c, "retention_days", i),
	}
	if c["value"] != nil {
		r.Value = numberCells(t, c, i, r.Flags&1 != 0)
		return r
	}
	u64 := func(name string) uint64 { return encodetest.At[uint64](t, c, name, i) }
	ints := func(name string) []uint64 { return encodetest.At[[]uint64](t, c, name, i) }
	doubles := func(name string) []float64 { return encodetest.At[[]float64](t, c, name, i) }
	i32 := func(name string) int32 { return encodetest.At[int32](t, c, name, i) }
	sent := func(name string, bit uint8) string {
		if encodetest.At[uint8](t, c, "present", i)&bit == 0 {
			return ""
		}
		return bitsOf(encodetest.At[float64](t, c, name, i))
	}
	r.Distribution = distribution{
		Count: u64("count"), Sum: sent("sum", 1), Min: sent("min", 2), Max: sent("max", 4),
		Bounds: allBits(doubles("bounds")), Counts: fmt.Sprint(ints("counts")), Scale: i32("scale"), ZeroCount: u64("zero_count"),
		Threshold: math.Float64bits(encodetest.At[float64](t, c, "zero_threshold", i)),
		Positive:  fmt.Sprint(i32("pos_offset"), ints("pos_counts")), Negative: fmt.Sprint(i32("neg_offset"), ints("neg_counts")),
	}
	values := doubles("quantile_values")
	for j, q := range doubles("quantiles") {
		r.Distribution.Quantiles += bitsOf(q) + "=" + bitsOf(values[j]) + " "
	}
	return r
}

func request(project string, body []byte) batch.Request {
	return batch.Request{Project: project, Received: day0, Body: body}
}
