package journal_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenRecords are what testdata/v1 holds.
func goldenRecords() []journal.Record {
	at := time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)
	return []journal.Record{
		{Kind: journal.KindData, Signal: 1, Project: "default", Received: at, LimitsVersion: 1, IngestID: [16]byte{1, 2, 3}, Items: 2, Body: []byte("two spans")},
		{Kind: journal.KindData, Signal: 1, Project: "shop", Received: at.Add(time.Second), LimitsVersion: 1, IngestID: [16]byte{4}, Items: 1,
			Rejected: []uint32{0, 300}, Reasons: map[string]uint32{"invalid_span_id": 1, "ts_future": 1}, Body: bytes.Repeat([]byte("body "), 20)},
		{Kind: journal.KindCounts, Signal: 1, Project: "default", Received: at.Add(time.Minute), LimitsVersion: 1, IngestID: [16]byte{1, 2, 3}, Deduplicated: 2},
	}
}

// TestGoldenJournalIsReadForEver: format 1 of the files must stay readable. -update writes files only if there are none.
func TestGoldenJournalIsReadForEver(t *testing.T) {
	dir := filepath.Join("testdata", "v1")
	if _, err := os.Stat(dir); *update && errors.Is(err, os.ErrNotExist) {
		j := open(t, journal.Config{Dir: dir, Codec: journal.CodecNone})
		for i, r := range goldenRecords() {
			if i == 1 {
				j.Close()
				j = open(t, journal.Config{Dir: dir, Codec: journal.CodecS2})
			}
			add(t, j, r)
		}
		j.Close()
		os.Remove(filepath.Join(dir, "lock"))
	}
	j := open(t, journal.Config{Dir: copyDir(t, dir)})
	got := readAll(t, j, journal.Position{})
	want := goldenRecords()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i, e := range got {
		if fmt.Sprint(e.Record) != fmt.Sprint(want[i]) {
			t.Errorf("record %d is\n%v, want\n%v", i, e.Record, want[i])
		}
	}
	if st := j.Stats(); st.CorruptUnits != 0 || st.TornBytes != 0 {
		t.Errorf("%+v", st)
	}
	id := j.ID()
	if s := hex.EncodeToString(id[:]); s != goldenID {
		t.Errorf("id %s, want %s", s, goldenID)
	}
	if s := fmt.Sprintf("%x", j.IngestID("shop", 1, []byte("body"))); s != goldenIngestID {
		t.Errorf("ingest id %s, want %s", s, goldenIngestID)
	}
}

const (
	goldenID       = "2e1b173788d6387b"
	goldenIngestID = "df0e3cdaf62b51f31e212a474627d033"
)

func TestNewerFormatIsRefusedByName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	add(t, j, data(j, 1, body(1, 10)))
	j.Close()
	path := segments(t, dir)[0]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[8] = 2
	sum := crc32.Checksum(b[:60], crc32.MakeTable(crc32.Castagnoli))
	copy(b[60:], []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)})
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(journal.Config{Dir: dir}); !errors.Is(err, journal.ErrNewer) {
		t.Errorf("a newer journal opens with %v", err)
	}
}

func TestBodyThatLooksLikeARecordIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir, Codec: journal.CodecNone})
	add(t, j, data(j, 1, body(1, 10)))
	stolen, err := os.ReadFile(segments(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	end := add(t, j, data(j, 1, bytes.Repeat(stolen[64:], 3)))
	add(t, j, data(j, 1, body(3, 10)))
	j.Close()
	path := segments(t, dir)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(stolen)] ^= 1 // the magic of the second record: now its body is searched
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, journal.Config{Dir: dir})
	got := readAll(t, k, journal.Position{})
	if len(got) != 2 || got[1].Start != end {
		t.Errorf("%d records: %s", len(got), bodies(got))
	}
}

// FuzzOpen feeds the reader with any bytes behind a valid header: it must open, read what is whole, and take records.
func FuzzOpen(f *testing.F) {
	golden := filepath.Join("testdata", "v1")
	head, err := os.ReadFile(filepath.Join(golden, "0000000000000001.seg"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(head[64:])
	f.Add(head[64:200])
	f.Add([]byte("SLJ1"))
	id, err := os.ReadFile(filepath.Join(golden, "id"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, tail []byte) {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, "id"), id, 0o600)
		os.WriteFile(filepath.Join(dir, "0000000000000001.seg"), append(bytes.Clone(head[:64]), tail...), 0o600)
		j, err := journal.Open(journal.Config{Dir: dir, Reserve: -1, Create: new(badDisk).create})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		before := len(readAll(t, j, journal.Position{}))
		add(t, j, data(j, 1, body(1, 10)))
		if after := len(readAll(t, j, journal.Position{})); after != before+1 {
			t.Errorf("%d records, then %d", before, after)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	request := sample.Request(1, 512, time.Now())
	for _, codec := range []struct {
		name string
		journal.Codec
	}{{"none", journal.CodecNone}, {"s2", journal.CodecS2}} {
		for _, writers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/writers=%d", codec.name, writers), func(b *testing.B) {
				j := open(b, journal.Config{Codec: codec.Codec, Keep: time.Second})
				var salt atomic.Uint64
				b.ReportAllocs()
				b.SetParallelism(max(writers/2, 1))
				start := cpuTime()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						r := data(j, 512, request)
						r.IngestID[0] = byte(salt.Add(1))
						pos, err := j.Append(context.Background(), r)
						if err != nil {
							b.Error(err)
							return
						}
						j.Release(pos)
					}
				})
				b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/512, "cpu-ns/span")
				b.ReportMetric(float64(j.Stats().Syncs)/float64(b.N), "syncs/op")
			})
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, codec := range []struct {
		name string
		journal.Codec
	}{{"none", journal.CodecNone}, {"s2", journal.CodecS2}} {
		b.Run(codec.name, func(b *testing.B) {
			j := open(b, journal.Config{Codec: codec.Codec})
			for i := range uint64(64) {
				add(b, j, data(j, 512, sample.Request(i, 512, time.Now())))
			}
			r := j.Reader(journal.Position{})
			b.ReportAllocs()
			for b.Loop() {
				_, ok, err := r.TryNext()
				if err != nil {
					b.Fatal(err)
				}
				if !ok {
					r.Close()
					r = j.Reader(journal.Position{})
				}
			}
			r.Close()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/span")
		})
	}
}
