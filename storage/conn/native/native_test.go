package native_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/sightline/sightline/storage/conn/native"
)

// lowCardinality reads a block of one LowCardinality(String) column back with ch-go.
func lowCardinality(t *testing.T, d *native.Dict, x *native.Index) (values []string, size int) {
	t.Helper()
	var b native.Block
	b.Start(1, x.Len())
	b.Column("v", native.LowCardinalityString)
	b.LowCardinalityVersion()
	b.LowCardinality(d, x)
	column := new(proto.ColStr).LowCardinality()
	var block proto.Block
	if err := block.DecodeRawBlock(proto.NewReader(bytes.NewReader(b.Body().Bytes())), 0, proto.Results{{Name: "v", Data: column}}); err != nil {
		t.Fatal(err)
	}
	return column.Values, b.Body().Len()
}

// TestIndexWidensWithItsDictionary crosses both widths, and cuts back over them.
func TestIndexWidensWithItsDictionary(t *testing.T) {
	for _, keys := range []int{1, 255, 256, 257, 65535, 65536, 70000} {
		d, x := native.NewDict(), &native.Index{}
		want := []string{"", ""}
		x.Pad(2)
		for i := range keys {
			want = append(want, fmt.Sprint("key ", i))
			x.Add(d.ID([]byte(want[len(want)-1])))
		}
		x.Fill(1, 3)
		x.Set(len(want)+4, 1)
		want = append(want, "key 0", "key 0", "key 0", "", "key 0")
		if got, _ := lowCardinality(t, d, x); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%d keys are read back otherwise", keys)
		}
		x.Cut(3)
		if got, _ := lowCardinality(t, d, x); strings.Join(got, "|") != "||key 0" {
			t.Errorf("%d keys, cut: %q", keys, got)
		}
		x.Reset()
		x.Add(1)
		if got, size := lowCardinality(t, d, x); strings.Join(got, "|") != "key 0" || size > 5000 {
			t.Errorf("%d keys, reset: %q in %d bytes", keys, got, size)
		}
	}
}

func TestDictFindsEveryKeyOnce(t *testing.T) {
	d := native.NewDict()
	for round := range 3 {
		for i := range 5000 {
			key := strings.Repeat("k", i%70) + fmt.Sprint(i)
			if id := d.ID([]byte(key)); int(id) != i+1 {
				t.Fatalf("round %d: key %d has id %d", round, i, id)
			}
		}
		for i := range 5000 {
			key := strings.Repeat("k", i%70) + fmt.Sprint(i)
			if id := d.ID([]byte(key)); int(id) != i+1 || string(d.Key(id)) != key {
				t.Fatalf("round %d: key %d is %d, %q", round, i, id, d.Key(id))
			}
		}
		if d.ID(nil) != 0 || d.Len() != 5001 {
			t.Fatalf("round %d: %d keys", round, d.Len())
		}
		d.Reset()
	}
}

func TestCutUndoes(t *testing.T) {
	var s native.Strings
	var o native.Offsets
	f := native.NewFixed(4)
	for i := range 300 {
		s.Add([]byte(strings.Repeat("x", i)))
		o.Add(i)
		f.Add32(uint32(i))
	}
	before := [3]string{}
	s.Cut(200)
	o.Cut(200)
	f.Cut(200)
	before = [3]string{string(s.Bytes()), string(o.Bytes()), string(f.Bytes())}
	s.Set(210, []byte("y"))
	o.Set(210, 7)
	f.Set32(210, 7)
	if s.Len() != 211 || o.Len() != 211 || f.Len() != 211 || o.Total() != 199*200/2+7 {
		t.Errorf("after Set: %d, %d, %d rows, %d elements", s.Len(), o.Len(), f.Len(), o.Total())
	}
	s.Cut(200)
	o.Cut(200)
	f.Cut(200)
	if after := [3]string{string(s.Bytes()), string(o.Bytes()), string(f.Bytes())}; after != before {
		t.Error("Cut does not undo Set")
	}
	s.Cut(0)
	o.Cut(0)
	f.Cut(0)
	if s.Len()+o.Len()+f.Len()+o.Total() != 0 {
		t.Error("Cut(0) leaves something")
	}
}

func TestBodyReadsAsItWrites(t *testing.T) {
	var b native.Block
	b.Start(2, 3)
	for range 2000 { // more than one backing array of small pieces
		b.Column("name", "String")
		b.Data([]byte("some data"))
		b.Data(nil)
	}
	want := b.Body().Bytes()
	var written bytes.Buffer
	if _, err := io.Copy(&written, b.Body().Reader()); err != nil || !bytes.Equal(written.Bytes(), want) {
		t.Errorf("WriteTo writes %d of %d bytes, %v", written.Len(), len(want), err)
	}
	read, err := io.ReadAll(struct{ io.Reader }{b.Body().Reader()})
	if err != nil || !bytes.Equal(read, want) || b.Body().Len() != len(want) {
		t.Errorf("Read reads %d of %d bytes, %v", len(read), len(want), err)
	}
}
