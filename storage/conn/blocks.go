package conn

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/sightline/sightline/storage/conn/native"
)

// Block is some rows of a result, column by column, as little-endian values one behind the other. They are overwritten by the next block.
type Block struct {
	Rows    int
	Columns [][]byte
}

// Uint64 is a value of a column of that type.
func (b *Block) Uint64(column, row int) uint64 {
	return binary.LittleEndian.Uint64(b.Columns[column][8*row:])
}

// ID is a value of a column of FixedString(16).
func (b *Block) ID(column, row int) [16]byte { return [16]byte(b.Columns[column][16*row:]) }

// widths are the types of columns that Blocks can read, and bytes a value.
var widths = map[string]int{"UInt8": 1, "UInt16": 2, "UInt32": 4, "UInt64": 8, "Int32": 4, "Int64": 8, "Float64": 8, "FixedString(16)": 16}

// Blocks runs a query as Rows does and gives the result as it comes in, to be used before the next. Its columns have values of a fixed
// width, and the caller knows which. It is for results of some hundred thousand rows: taking rows apart one by one costs ten times this.
func Blocks(ctx context.Context, d *DB, q Query, each func(*Block) error) error {
	ctx, cancel, c := d.begin(ctx, q)
	defer cancel()
	if err := d.blocks(ctx, c, q, each); err != nil {
		return fmt.Errorf("run query: %w", c.explain(ctx, err))
	}
	return nil
}

func (d *DB) blocks(ctx context.Context, c *call, q Query, each func(*Block) error) error {
	values := url.Values{"database": {d.target.database}, "default_format": {"Native"}}
	for _, p := range q.Params {
		values.Set("param_"+p.name, p.value)
	}
	res, err := d.transport.send(withCall(ctx, c), d.target.reader, values, native.Body{[]byte(q.SQL)})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return failedAnswer(res)
	}
	in := blockReader{Reader: bufio.NewReaderSize(res.Body, 64<<10)}
	for {
		switch err := in.next(); {
		case errors.Is(err, errNoBlock):
			return nil
		case err != nil:
			return err
		}
		if err := each(&in.block); err != nil {
			return err
		}
	}
}

// failedAnswer is the failure that a short answer tells of.
func failedAnswer(res *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	code, _ := strconv.ParseInt(res.Header.Get("X-ClickHouse-Exception-Code"), 10, 32)
	return parseError(int32(code), text)
}

// blockReader takes ClickHouse's Native format of revision 0 apart.
type blockReader struct {
	*bufio.Reader
	block Block
}

var errNoBlock = errors.New("no more blocks")

// exceptionMark is where a result that has begun ends with its failure.
var exceptionMark = []byte("\r\n__exception__\r\n")

func (r *blockReader) next() error {
	if head, _ := r.Peek(len(exceptionMark)); bytes.Equal(head, exceptionMark) {
		text, err := io.ReadAll(io.LimitReader(r, 1<<20))
		if err != nil {
			return err
		}
		return parseError(0, text)
	}
	columns, err := binary.ReadUvarint(r)
	if errors.Is(err, io.EOF) {
		return errNoBlock
	}
	if err != nil {
		return fmt.Errorf("read block: %w", err)
	}
	rows, err := binary.ReadUvarint(r)
	if err != nil {
		return fmt.Errorf("read block: %w", err)
	}
	const most = 1 << 24 // of either: what is more was misread
	if columns > most || rows > most {
		return fmt.Errorf("read block: %d columns of %d rows", columns, rows)
	}
	r.block.Rows = int(rows)
	r.block.Columns = slices.Grow(r.block.Columns[:0], int(columns))[:columns]
	for i := range r.block.Columns {
		if err := r.column(&r.block.Columns[i]); err != nil {
			return fmt.Errorf("read column %d of block: %w", i, err)
		}
	}
	return nil
}

// column reads name, type and values.
func (r *blockReader) column(into *[]byte) error {
	if _, err := r.text(); err != nil {
		return err
	}
	kind, err := r.text()
	if err != nil {
		return err
	}
	width := widths[kind]
	if width == 0 {
		return fmt.Errorf("values of %s have no fixed width", kind)
	}
	*into = slices.Grow((*into)[:0], r.block.Rows*width)[:r.block.Rows*width]
	_, err = io.ReadFull(r, *into)
	return err
}

func (r *blockReader) text() (string, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil || n > 1<<10 {
		return "", errors.Join(err, errors.New("no name"))
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	return string(b), err
}
