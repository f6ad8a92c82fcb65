package engine_test

import (
	"fmt"
	"testing"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
)

func BenchmarkInsert(b *testing.B) {
	db := storagetest.Empty(b)
	if err := db.Exec(b.Context(), numbersTable); err != nil {
		b.Fatal(err)
	}
	const rows = 50_000
	body := numbers(0, rows)
	b.SetBytes(int64(len(body)))
	for i := range b.N {
		in := conn.Insert{Table: "t", Columns: []string{"n", "s"}, Body: body, Token: fmt.Sprint(i), Rows: rows}
		if err := db.Insert(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

func BenchmarkQuery(b *testing.B) {
	db := storagetest.Empty(b)
	type row struct {
		N    uint64   `ch:"n"`
		Name string   `ch:"name"`
		Tags []string `ch:"tags"`
	}
	for _, rows := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				got, err := conn.All[row](b.Context(), db, conn.Query{
					SQL:    "SELECT number AS n, toString(number) AS name, [name, name] AS tags FROM numbers({rows:UInt64})",
					Params: []conn.Param{conn.Int("rows", rows)},
				})
				if err != nil || len(got) != rows {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}
