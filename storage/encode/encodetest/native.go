package encodetest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
)

// Cells reads a block back with ch-go, an implementation of the format that is not ours: column by column.
func Cells(t testing.TB, b batch.Block, declared [][2]string) map[string]proto.Column {
	t.Helper()
	types := map[string]string{}
	for _, c := range declared {
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
	case "Int64":
		return new(proto.ColInt64)
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
	case "Array(Float64)":
		return proto.NewArray[float64](new(proto.ColFloat64))
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

// At is a row's value of a column.
func At[T any](t testing.TB, columns map[string]proto.Column, name string, i int) T {
	t.Helper()
	c, ok := columns[name].(interface{ Row(int) T })
	if !ok {
		t.Fatalf("column %s is a %T", name, columns[name])
	}
	return c.Row(i)
}

// DecodeMap reads a map of strings as attributes.
func DecodeMap(t testing.TB, stored map[string]string) map[string]string {
	t.Helper()
	attrs := map[string]string{}
	for k, v := range stored {
		typ, text := encode.DecodeValue(v)
		if got := encode.EncodeValue(typ, text); got != v {
			t.Errorf("encode.EncodeValue(DecodeValue(%q)) = %q", v, got)
		}
		attrs[k] = AttrText(encode.Value{Key: k, Type: typ, Text: text})
	}
	return attrs
}

// AttrText is an attribute as in a row: type and text.
func AttrText(a encode.Value) string {
	if a.Type != encode.ValueJSON {
		return a.Type.String() + " " + a.Text
	}
	d := json.NewDecoder(strings.NewReader(a.Text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "json, which it is not: " + err.Error() + ": " + a.Text
	}
	return "json " + Canonical(v)
}
