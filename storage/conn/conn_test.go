package conn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestMain(m *testing.M) {
	code := storagetest.Main(m)
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func TestRowsFindTheirFields(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	type inner struct {
		B string `ch:"b"`
	}
	type row struct {
		inner
		A    uint8             `ch:"a"`
		Else int               // no tag, no column
		M    map[string]string `ch:"m"`
		L    []string          `ch:"l"`
	}
	got, err := conn.All[row](t.Context(), db, conn.Query{SQL: "SELECT toString(number) AS b, toUInt8(number) AS a, " +
		"if(number = 0, map('k', 'v'), map()) AS m, if(number < 2, ['x', toString(number)], []) AS l FROM numbers(3)"})
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got); s != "[{{0} 0 0 map[k:v] [x 0]} {{1} 1 0 map[] [x 1]} {{2} 2 0 map[] []}]" {
		t.Errorf("got %s", s)
	}
	for _, sql := range []string{"SELECT 1 AS a, 2 AS unknown", "SELECT 'text' AS a"} {
		if _, err := conn.All[row](t.Context(), db, conn.Query{SQL: sql}); err == nil || conn.Code(err) != 0 {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := conn.All[string](t.Context(), db, conn.Query{SQL: "SELECT 'a', 'b'"}); err == nil {
		t.Error("two columns were scanned into one string")
	}
}

func TestBlocksComeAsTheyAre(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	at, err := conn.Open(t.Context(), conn.Config{URL: server(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer at.Close()
	for name, db := range map[string]*conn.DB{"embedded": db, "server": at} {
		for _, stream := range []bool{false, true} {
			n, sum := 0, uint64(0)
			q := conn.Query{SQL: "SELECT number, toFixedString(toString(number % 10), 16), toUInt8(7) FROM numbers({n:UInt64})", Params: []conn.Param{conn.Uint("n", uint64(200_000))}, Stream: stream}
			err := conn.Blocks(t.Context(), db, q, func(b *conn.Block) error {
				for row := range b.Rows {
					v := b.Uint64(0, row)
					if id := b.ID(1, row); int(id[0]-'0') != int(v%10) || id[1] != 0 || b.Columns[2][row] != 7 {
						return fmt.Errorf("row %d has %q", v, id)
					}
					sum += v
				}
				n += b.Rows
				return nil
			})
			if err != nil || n != 200_000 || sum != 199_999*100_000 {
				t.Errorf("%s: %d rows, sum %d, %v", name, n, sum, err)
			}
		}
		none := func(b *conn.Block) error { return nil }
		if err := conn.Blocks(t.Context(), db, conn.Query{SQL: "SELECT number FROM numbers(0)"}, none); err != nil {
			t.Errorf("%s: nothing: %v", name, err)
		}
		if err := conn.Blocks(t.Context(), db, conn.Query{SQL: "SELECT x FROM missing"}, none); conn.Code(err) != conn.CodeUnknownTable {
			t.Errorf("%s: no table: %v", name, err)
		}
		if err := conn.Blocks(t.Context(), db, conn.Query{SQL: "SELECT 'text'"}, none); err == nil || conn.Code(err) != 0 {
			t.Errorf("%s: text: %v", name, err)
		}
		if err := conn.Blocks(t.Context(), db, conn.Query{SQL: "SELECT number, throwIf(number = 150000) FROM numbers(200000)", Stream: true}, none); conn.Code(err) != 395 {
			t.Errorf("%s: a failure on the way: %v", name, err)
		}
		stop := errors.New("stop")
		if err := conn.Blocks(t.Context(), db, conn.Query{SQL: "SELECT number FROM numbers(10)"}, func(*conn.Block) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%s: the caller's error: %v", name, err)
		}
	}
}

func TestNobodyThereIsUnavailable(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	refusing := filepath.Join(folder, "refusing")
	l, err := net.Listen("unix", refusing)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	rude := filepath.Join(folder, "rude")
	hangsUp, err := net.Listen("unix", rude)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := hangsUp.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	})
	t.Cleanup(func() { hangsUp.Close(); wg.Wait() })
	for _, address := range []string{filepath.Join(folder, "missing"), refusing, rude} {
		_, err := conn.Open(t.Context(), conn.Config{Endpoint: &conn.Endpoint{Network: "unix", Address: address}})
		if !errors.Is(err, conn.ErrUnavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := conn.Open(ctx, conn.Config{Endpoint: &conn.Endpoint{Network: "unix", Address: refusing}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// server makes the engine reachable over TCP, which is all that conn asks of a ClickHouse server.
func server(t *testing.T) string {
	ep := storagetest.Engine(t).Endpoint()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial(ep.Network, ep.Address)
			if err != nil {
				in.Close()
				continue
			}
			wg.Go(func() { io.Copy(out, in); out.(*net.UnixConn).CloseWrite() })
			wg.Go(func() { io.Copy(in, out); in.Close(); out.Close() })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return (&url.URL{Scheme: "http", User: url.UserPassword(ep.Writer, ep.WriterKey), Host: l.Addr().String()}).String()
}

func TestServerByURL(t *testing.T) {
	t.Parallel()
	db, err := conn.Open(t.Context(), conn.Config{URL: server(t) + "/by_url"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if db.Embedded() || db.Database() != "by_url" || db.Cluster() != "" {
		t.Errorf("got %v %s %s", db.Embedded(), db.Database(), db.Cluster())
	}
	if err := db.CreateDatabase(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer db.DropDatabase(context.Background())
	for _, sql := range []string{
		"CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 10",
		"INSERT INTO t SELECT number FROM numbers(10)",
	} {
		if err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		err := db.Insert(t.Context(), conn.Insert{Table: "by_url.t", Columns: []string{"n"}, Token: "x",
			Body: []byte("\x01\x02\x01n\x06UInt64" + "\x64\x00\x00\x00\x00\x00\x00\x00" + "\x65\x00\x00\x00\x00\x00\x00\x00")})
		if err != nil {
			t.Fatal(err)
		}
	}
	var stats conn.Stats
	sum, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT sum(n) FROM t WHERE n != {n:UInt64}", Params: []conn.Param{conn.Uint("n", uint(3))}, Stats: &stats})
	if err != nil || sum != 45-3+100+101 || stats.Rows != 12 {
		t.Errorf("got %d, %v, cost %+v", sum, err, stats)
	}
	if _, err := conn.All[uint64](t.Context(), db, conn.Query{SQL: "INSERT INTO t SELECT 1"}); conn.Code(err) != conn.CodeReadonly {
		t.Errorf("a query wrote: %v", err)
	}
	if err := db.Exec(t.Context(), "SELECT * FROM missing"); conn.Code(err) != conn.CodeUnknownTable {
		t.Errorf("got %v", err)
	}
}

func TestServerThatForbids(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("writer", "wrong-secret")
	_, err = conn.Open(t.Context(), conn.Config{URL: u.String()})
	if conn.Code(err) != 516 || errors.Is(err, conn.ErrUnavailable) || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("got %v", err)
	}
}

func TestGatewaysErrorIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.SetDeadline(time.Now().Add(time.Minute))
			c.Read(make([]byte, 64<<10))
			io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy")
			c.Close()
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	if _, err := conn.Open(t.Context(), conn.Config{URL: "http://" + l.Addr().String()}); !errors.Is(err, conn.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
