package engine_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/storagetest"
)

// numbers is one Native block of a column n of UInt64 and a column s of strings with every byte in them.
func numbers(from, count int) []byte {
	var b []byte
	str := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = binary.AppendUvarint(b, 2)
	b = binary.AppendUvarint(b, uint64(count))
	str("n")
	str("UInt64")
	for i := range count {
		b = binary.LittleEndian.AppendUint64(b, uint64(from+i))
	}
	str("s")
	str("String")
	for i := range count {
		str("\n'" + strconv.Itoa(from+i) + "\x00;\r\nINSERT \\")
	}
	return b
}

const numbersTable = `CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n
	SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1`

func insertNumbers(t testing.TB, db *conn.DB, token string, from, count int) error {
	return db.Insert(t.Context(), conn.Insert{Table: "t", Columns: []string{"n", "s"}, Body: numbers(from, count), Token: token, Rows: count})
}

// stored gives the count of t's rows and of its different numbers, and whether every text is right.
type stored struct {
	Rows  uint64 `ch:"rows"`
	Sorts uint64 `ch:"sorts"`
	Right bool   `ch:"right"`
	Parts uint64 `ch:"parts"`
}

func storedIn(t testing.TB, db *conn.DB) stored {
	t.Helper()
	got, err := conn.One[stored](t.Context(), db, conn.Query{SQL: `SELECT count() AS rows, uniqExact(n) AS sorts,
		count() = countIf(s = concat('\n\'', toString(n), '\0;\r\nINSERT \\')) AS right, uniqExact(_part) AS parts FROM t`})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestInsertStoresEveryByte(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), numbersTable))
	must(t, insertNumbers(t, db, "a", 0, 100_000))
	if got := storedIn(t, db); got != (stored{100_000, 100_000, true, 1}) {
		t.Errorf("got %+v, want one part of 100000 rows", got)
	}
}

func TestInsertOnceByToken(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), numbersTable))
	must(t, db.Exec(t.Context(), "SYSTEM STOP MERGES t"))
	for range 3 {
		must(t, insertNumbers(t, db, "a", 0, 10))
	}
	must(t, insertNumbers(t, db, "it's b\\", 10, 10))
	must(t, insertNumbers(t, db, "it's b\\", 10, 10))
	must(t, insertNumbers(t, db, "c", 0, 10)) // equal rows under a new token are new rows
	if got := storedIn(t, db); got != (stored{30, 20, true, 3}) {
		t.Errorf("got %+v", got)
	}
	if err := insertNumbers(t, db, "", 0, 10); err == nil {
		t.Error("an insert without a token was taken")
	}
}

func TestInsertsRunInParallel(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), numbersTable))
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if err := insertNumbers(t, db, strconv.Itoa(i), i*1000, 1000); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := storedIn(t, db); got.Rows != 40_000 || got.Sorts != 40_000 || !got.Right {
		t.Errorf("got %+v", got)
	}
}

func TestInsertOfBadRowsStoresNothing(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), numbersTable))
	whole := numbers(0, 50_000)
	f := func(name string, in conn.Insert) {
		t.Helper()
		in.Token, in.Columns = name, []string{"n", "s"}
		if in.Table == "" {
			in.Table = "t"
		}
		err := db.Insert(t.Context(), in)
		var e *conn.Error
		if !errors.As(err, &e) || e.Code == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("half a block", conn.Insert{Body: whole[:len(whole)/2]})
	f("a byte short", conn.Insert{Body: whole[:len(whole)-1]})
	f("rubbish", conn.Insert{Body: bytes.Repeat([]byte{0xff}, 1000)})
	f("a block and rubbish", conn.Insert{Body: append(numbers(0, 10), "rubbish"...)})
	f("no table", conn.Insert{Body: whole, Table: "missing"})
	if got := storedIn(t, db); got.Rows != 0 {
		t.Errorf("stored %+v", got)
	}
	must(t, insertNumbers(t, db, "good", 0, 10)) // the sessions are none the worse
	if got := storedIn(t, db); got.Rows != 10 {
		t.Errorf("stored %+v", got)
	}
}

// client speaks to an endpoint by hand.
func client(t *testing.T, ep engine.Endpoint) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, ep.Network, ep.Address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// cutShort gives half of what it promises.
type cutShort struct{ io.Reader }

func (c cutShort) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == io.EOF {
		return n, errors.New("the sender dies")
	}
	return n, err
}

func TestInsertThatIsCutShortStoresNothing(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), numbersTable))
	ep := storagetest.Engine(t).Endpoint()
	body := numbers(0, 50_000)
	for _, length := range []int64{int64(len(body)), -1} { // with a Content-Length, and chunked
		for _, kept := range []int{0, 10, len(body) / 2, len(body) - 1, len(body)} {
			r, err := http.NewRequest("POST", "http://engine/?database="+db.Database()+"&query=INSERT+INTO+t+(n,s)+FORMAT+Native", cutShort{bytes.NewReader(body[:kept])})
			must(t, err)
			r.SetBasicAuth(ep.Writer, ep.WriterKey)
			r.ContentLength = length
			res, err := client(t, ep).Do(r)
			if err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK && !(kept == len(body) && length > 0) {
					t.Errorf("%d of %d bytes were answered %s", kept, length, res.Status)
				}
			}
		}
	}
	eventually(t, waitLong, "the sessions are free", func() bool { return running(t, db, "INSERT INTO t") == 0 })
	if got := storedIn(t, db); got.Rows != 0 && got.Rows != 50_000 {
		t.Errorf("stored %+v", got)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	ep := storagetest.Engine(t).Endpoint()
	f := func(user, key, sql string, want int) {
		t.Helper()
		r, err := http.NewRequest("POST", "http://engine/", strings.NewReader(sql))
		must(t, err)
		if user != "" {
			r.SetBasicAuth(user, key)
		}
		res, err := client(t, ep).Do(r)
		must(t, err)
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		if res.StatusCode != want {
			t.Errorf("%s:%s %s gave %s %s", user, key, sql, res.Status, text)
		}
		if want == http.StatusForbidden && res.Header.Get("X-ClickHouse-Exception-Code") != "516" {
			t.Errorf("%s:%s: headers %v", user, key, res.Header)
		}
	}
	f("", "", "SELECT 1", http.StatusForbidden)
	f("default", "", "SELECT 1", http.StatusForbidden)
	f("writer", "", "SELECT 1", http.StatusForbidden)
	f("writer", ep.ReaderKey, "SELECT 1", http.StatusForbidden)
	f("reader", ep.WriterKey, "SELECT 1", http.StatusForbidden)
	f("", "", "SELECT displayName(), version(), revision(), timezone()", http.StatusForbidden)
	f(ep.Reader, ep.ReaderKey, "SELECT 1", http.StatusOK)
	f(ep.Writer, ep.WriterKey, "SELECT 1", http.StatusOK)
	f(ep.Writer, ep.WriterKey, strings.Repeat(" ", 5<<20), http.StatusBadRequest)
	res, err := client(t, ep).Get("http://engine/ping")
	must(t, err)
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); string(text) != "Ok.\n" {
		t.Errorf("/ping gave %q", text)
	}
}
