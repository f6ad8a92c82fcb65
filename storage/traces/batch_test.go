package traces_test

import (
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/traces"
)

func marshal(t testing.TB, td ptrace.Traces) []byte {
	t.Helper()
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// inBlocks is the order that rows have in blocks: by partition, then as they came.
func inBlocks(rows []row) []row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.Retention, b.Retention), cmp.Compare(a.Start/86400e9, b.Start/86400e9))
	})
	return rows
}

func spansOf(t testing.TB, b *traces.Batch) (rows []row) {
	t.Helper()
	for _, block := range b.Blocks() {
		if block.Table == "spans" {
			rows = append(rows, blockRows(t, block)...)
		}
	}
	return rows
}

// compare reports the first row that differs, field by field.
func compare(t testing.TB, got, want []row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d rows, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := dump(t, got[i]), dump(t, want[i])
		if g == w {
			continue
		}
		var a, b map[string]json.RawMessage
		_, _ = json.Unmarshal([]byte(g), &a), json.Unmarshal([]byte(w), &b)
		for _, field := range slices.Sorted(keys(a)) {
			if string(a[field]) != string(b[field]) {
				t.Errorf("row %d, %s:\n got %.2000s\nwant %.2000s", i, field, a[field], b[field])
			}
		}
		return
	}
}

func keys(m map[string]json.RawMessage) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func dump(t testing.TB, r row) string {
	t.Helper()
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

var policies = []batch.Policy{
	{Retention: batch.Retention{Days: 7}},
	{Redact: true},
	{Retention: batch.Retention{Days: 3, Services: map[string]uint16{"service-1": 30, "service-2": 400}}, Redact: true},
}

// TestBlocksHoldWhatPdataSees compares the decoder with pdata and the model, on requests of every kind.
func TestBlocksHoldWhatPdataSees(t *testing.T) {
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 1))
		policy := policies[seed%3]
		b := traces.NewBatch(batch.NewID([8]byte{1}, day0), policy)
		var want []row
		for range 1 + r.IntN(3) {
			td := randomTraces(r, seed%2 == 0)
			project := []string{"default", "other"}[r.IntN(2)]
			rejected, ordinals := map[int]bool{}, []uint32(nil)
			for i := range td.SpanCount() {
				if r.IntN(10) == 0 {
					rejected[i] = true
					ordinals = append(ordinals, uint32(i))
				}
			}
			if err := b.Append(batch.Request{Project: project, Received: day0, Body: marshal(t, td), Rejected: ordinals, Items: td.SpanCount()}); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			want = append(want, model{project, day0, policy}.rows(td, rejected)...)
		}
		if b.Rows() != len(want) {
			t.Errorf("seed %d: batch has %d rows, want %d", seed, b.Rows(), len(want))
		}
		compare(t, spansOf(t, b), inBlocks(want))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestResetLeavesNothingBehind fills one batch again and again and compares it with fresh ones.
func TestResetLeavesNothingBehind(t *testing.T) {
	used := traces.NewBatch(batch.ID{}, policies[0])
	for seed := range uint64(30) {
		policy := policies[(seed/2)%3]
		id := batch.NewID([8]byte{1}, day0.Add(time.Duration(seed)*time.Second))
		used.Reset(id, policy)
		fresh := traces.NewBatch(id, policy)
		for i := range uint64(3) {
			body := marshal(t, randomTraces(rand.New(rand.NewPCG(seed, i)), false))
			for _, b := range []*traces.Batch{used, fresh} {
				if err := b.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
					t.Fatal(err)
				}
			}
		}
		compare(t, spansOf(t, used), spansOf(t, fresh))
		if !slices.Equal(used.Minutes(), fresh.Minutes()) || !slices.Equal(used.Stats(), fresh.Stats()) {
			t.Errorf("minutes or counts differ")
		}
		x, y := used.Blocks(), fresh.Blocks()
		for i := range y {
			if x[i].Table != y[i].Table || x[i].Rows != y[i].Rows || x[i].Partition != y[i].Partition || !slices.Equal(x[i].Body.Bytes(), y[i].Body.Bytes()) {
				t.Errorf("seed %d: block %d of %s differs", seed, i, y[i].Table)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}
