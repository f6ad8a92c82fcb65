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
