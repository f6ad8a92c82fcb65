package traces

import (
	"context"
	"github.com/sightline/sightline/storage/conn"
)

func TraceSQL() string { return traceSQL }

func Drain(ctx context.Context, d *conn.DB, sql string, p []conn.Param) error {
	for _, err := range conn.Rows[skip](ctx, d, conn.Query{SQL: sql, Params: p}) {
		if err != nil && !isCol(err) {
			return err
		}
	}
	return nil
}
type skip struct{ X int `ch:"none"`}
func isCol(err error) bool { return true }

var FixedArray = fixedArray[[16]byte]
func IndexSQL() string { return searchIndexSQL }
func SummarySQL() string { return summarySQL }

func RedSQL() string { return redSQL }
func RSpansSQL() string { return rollupSpansSQL }
func ProducersSQL() string { return producersSQL }
func LabelsSQL() string { return labelsSQL }
func RedOf(ctx context.Context, d *conn.DB, in Range) error { _, err := redOf(ctx, d, conn.Interactive, "p", in); return err }
func EdgesOf(ctx context.Context, d *conn.DB, in Range) error { _, err := edgeSource{d, conn.Interactive, "p", in, partSpans}.edges(ctx, false); return err }
func SpansOf(ctx context.Context, d *conn.DB, in Range) error { _, _, err := edgeSource{d, conn.Interactive, "p", in, partSpans}.spans(ctx, 0, 1); return err }
