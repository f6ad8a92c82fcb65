package conn

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn/native"
)

// Insert is one block of rows for one table.
type Insert struct {
	Table   string      // may be qualified
	Columns []string    // in the block's order
	Body    []byte      // ClickHouse's Native format, revision 0
	Block   native.Body // instead of Body: the same in pieces, which are sent without being joined
	Token   string      // repeats with the same token within the table's deduplication window add nothing; never ""
	Rows    int         // in Body, for the words of a failure
}

// insertTimeout ends an insert that hangs; a block of any size that we send takes seconds. The engine kills what its client has left.
const insertTimeout = 10 * time.Minute

// Insert sends a block and returns when it is stored. It is not cut short by ctx, since the caller could not know what became of it.
// After ErrUnavailable the block may be stored or not.
func (d *DB) Insert(ctx context.Context, in Insert) error {
	if in.Token == "" {
		return fmt.Errorf("insert into %s: no deduplication token", in.Table)
	}
	columns := make([]string, len(in.Columns))
	for i, c := range in.Columns {
		columns[i] = quoteName(c)
	}
	sql := fmt.Sprintf("INSERT INTO %s (%s) FORMAT Native", quoteNames(in.Table), strings.Join(columns, ", "))
	values := url.Values{
		"database":                   {d.target.database},
		"insert_deduplication_token": {in.Token},
		"async_insert":               {"0"},
	}
	if d.target.cluster != "" {
		values.Set("distributed_foreground_insert", "1") // answered when every shard has its rows
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), insertTimeout)
	defer cancel()
	body := in.Block
	if in.Body != nil {
		body = native.Body{in.Body}
	}
	if err := d.post(ctx, values, sql, body); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w: no answer within %s", ErrUnavailable, insertTimeout)
		}
		return fmt.Errorf("insert %d rows into %s: %w", in.Rows, in.Table, err)
	}
	return nil
}

// quoteNames quotes a name that may have a database before its dot.
func quoteNames(s string) string {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		parts[i] = quoteName(p)
	}
	return strings.Join(parts, ".")
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}
