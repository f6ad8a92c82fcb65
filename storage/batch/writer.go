package batch

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed count.sql
var countTemplate string

// countSQL counts a batch in each table whose rows a repeated INSERT would double, by the column of time that partitions it.
var countSQL = counts(map[string]string{"spans": "start", "logs": "time", "points": "time", "distributions": "time"})

func counts(tables map[string]string) map[string]string {
	for table, column := range tables {
		tables[table] = strings.NewReplacer("{{table}}", table, "{{time}}", column).Replace(countTemplate)
	}
	return tables
}

// Writer stores blocks. It retries nothing and remembers nothing: what an insert that failed has done, Count tells. Safe for
// concurrent use.
type Writer struct {
	db *conn.DB
}

// NewWriter makes a writer.
func NewWriter(db *conn.DB) *Writer { return &Writer{db: db} }

// Insert stores a block. A repeat with the same token within the table's deduplication window adds nothing; do not rely on that
// alone. After an error the block of a Counted kind may be stored or not.
func (w *Writer) Insert(ctx context.Context, b Block, token string) error {
	in := conn.Insert{Table: b.Table, Columns: b.Columns, Block: b.Body, Token: token, Rows: b.Rows}
	if err := w.db.Insert(ctx, in); err != nil {
		return fmt.Errorf("write %s: %w", b.Table, err)
	}
	return nil
}

// Count is how many of the block's rows are stored. Only blocks of a Counted kind are counted: any other can be inserted again.
func (w *Writer) Count(ctx context.Context, batch ID, b Block) (uint64, error) {
	sql, ok := countSQL[b.Table]
	if b.Kind != Counted || !ok {
		return 0, fmt.Errorf("count %s: a repeat is harmless, insert again", b.Table)
	}
	// Not in the background class: its few places may be taken by rollups, and spans wait for this answer.
	n, err := conn.One[uint64](ctx, w.db, conn.Query{SQL: sql, Params: []conn.Param{
		conn.Str("batch", batch.String()),
		conn.Uint("retention_days", b.RetentionDays),
		conn.Time("from", b.Day),
		conn.Time("to", b.Day.Add(24*time.Hour)),
	}})
	if err != nil {
		return 0, fmt.Errorf("count rows of batch %s: %w", batch, err)
	}
	return n, nil
}
