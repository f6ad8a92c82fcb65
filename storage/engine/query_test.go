package engine_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestParametersTakeAnyBytes(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	hostile := []string{
		"", "plain", "it's", `back\slash`, `\`, `\'; DROP TABLE t; --`, "new\nline", "tab\tbed", "\r\n", "nul\x00inside", "\x00", "\\N", "NULL",
		"emoji 🦜", "\xff\xfe not utf-8", "{name:String}", "%d%s&=+#", "`back` \"double\"", strings.Repeat("x", 100_000), "\b\f\v\a\x1b",
	}
	type row struct {
		One  string   `ch:"one"`
		Many []string `ch:"many"`
		Size uint64   `ch:"size"`
	}
	for _, s := range hostile {
		got, err := conn.One[row](t.Context(), db, conn.Query{
			SQL:    "SELECT {one:String} AS one, {many:Array(String)} AS many, length(one) AS size",
			Params: []conn.Param{conn.Str("one", s), conn.Strings("many", []string{s, "and", s})},
		})
		if err != nil {
			t.Errorf("%.40q: %v", s, err)
			continue
		}
		if got.One != s || !slices.Equal(got.Many, []string{s, "and", s}) || got.Size != uint64(len(s)) {
			t.Errorf("sent %.40q, got %.40q and %.60q", s, got.One, got.Many)
		}
	}
}

func TestParametersKeepTheirValue(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	type row struct {
		Int   int64       `ch:"i"`
		Uint  uint64      `ch:"u"`
		Float float64     `ch:"f"`
		Bool  bool        `ch:"b"`
		Time  time.Time   `ch:"t"`
		Old   time.Time   `ch:"old"`
		Ints  []int64     `ch:"ints"`
		Uints []uint64    `ch:"uints"`
		Times []time.Time `ch:"times"`
		Fixed string      `ch:"fixed"`
		Empty []string    `ch:"empty"`
	}
	at := time.Date(2026, 11, 22, 14, 51, 2, 123456789, time.UTC)
	old := time.Date(1969, 12, 31, 23, 59, 58, 250000001, time.UTC)
	got, err := conn.One[row](t.Context(), db, conn.Query{
		SQL: `SELECT {i:Int64} AS i, {u:UInt64} AS u, {f:Float64} AS f, {b:Bool} AS b, {t:DateTime64(9,'UTC')} AS t, {old:DateTime64(9,'UTC')} AS old,
			{ints:Array(Int64)} AS ints, {uints:Array(UInt64)} AS uints, {times:Array(DateTime64(9,'UTC'))} AS times,
			{fixed:FixedString(4)} AS fixed, {empty:Array(String)} AS empty`,
		Params: []conn.Param{
			conn.Int("i", int64(-1<<63)), conn.Uint("u", uint64(1<<64-1)), conn.Float("f", 0.1+0.2), conn.Bool("b", true),
			conn.Time("t", at), conn.Time("old", old), conn.Ints("ints", []int64{-1, 0, 1}), conn.Uints("uints", []uint8{0, 255}),
			conn.Times("times", []time.Time{at, old}), conn.Str("fixed", "\x00\n\\'"), conn.Strings("empty", nil),
		},
	})
	must(t, err)
	if got.Int != -1<<63 || got.Uint != 1<<64-1 || got.Float != 0.1+0.2 || !got.Bool || !got.Time.Equal(at) || !got.Old.Equal(old) ||
		!slices.Equal(got.Ints, []int64{-1, 0, 1}) || !slices.Equal(got.Uints, []uint64{0, 255}) || len(got.Times) != 2 ||
		!got.Times[1].Equal(old) || got.Fixed != "\x00\n\\'" || len(got.Empty) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestErrorsCarryClickHousesCode(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	f := func(sql string, code int32, name string) {
		t.Helper()
		_, err := conn.All[string](t.Context(), db, conn.Query{SQL: sql})
		var e *conn.Error
		if !errors.As(err, &e) || e.Code != code || e.Name != name || e.Message == "" {
			t.Errorf("%s: got %v, want %d %s", sql, err, code, name)
		}
	}
	f("SELECT * FROM missing", 60, "UNKNOWN_TABLE")
	f("SELEC 1", 164, "READONLY")
	f("SELECT 1 +", 62, "SYNTAX_ERROR")
	f("SELECT missing", 47, "UNKNOWN_IDENTIFIER")
	f("SELECT {x:String}", 456, "UNKNOWN_QUERY_PARAMETER")
	f("SELECT toString(throwIf(number = 10)) FROM numbers(100)", 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO")
	f("SELECT * FROM nowhere.missing", 81, "UNKNOWN_DATABASE")
	f("SELECT toString(sleepEachRow(1)) FROM numbers(100)", 160, "TOO_SLOW")
	if err := db.Exec(t.Context(), "SELEC 1"); conn.Code(err) != 62 {
		t.Errorf("a writer's syntax error: %v", err)
	}
}

func TestFailureInMidResultIsReported(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	n := uint64(0)
	var failed error
	for _, err := range conn.Rows[uint64](t.Context(), db, conn.Query{SQL: "SELECT number + throwIf(number = 1000000) FROM numbers(2000000)", Stream: true}) {
		if err != nil {
			failed = err
			break
		}
		n++
	}
	if conn.Code(failed) != 395 || n == 0 || n > 1_000_000 {
		t.Fatalf("after %d rows: %v", n, failed)
	}
	one, err := conn.One[uint8](t.Context(), db, conn.Query{SQL: "SELECT 1"})
	if err != nil || one != 1 {
		t.Fatalf("the next query: %d, %v", one, err)
	}
}

func TestManyRowsArrive(t *testing.T) {
	t.Parallel()
	t.Run("whole", func(t *testing.T) { manyRows(t, false) })
	t.Run("as a stream", func(t *testing.T) { manyRows(t, true) })
}

func manyRows(t *testing.T, stream bool) {
	db := storagetest.Empty(t)
	var stats conn.Stats
	n, sum := uint64(0), uint64(0)
	for v, err := range conn.Rows[uint64](t.Context(), db, conn.Query{SQL: "SELECT number FROM numbers(3000000)", Stats: &stats, Stream: stream}) {
		must(t, err)
		n++
		sum += v
	}
	if n != 3_000_000 || sum != 2_999_999*3_000_000/2 {
		t.Fatalf("got %d rows, sum %d", n, sum)
	}
	if stats.Elapsed <= 0 || stats.Rows == 0 || !stream && (stats.Rows != 3_000_000 || stats.Bytes != 24_000_000) {
		t.Errorf("the cost of all is %+v", stats)
	}
	stats = conn.Stats{}
	if _, err := conn.All[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM numbers(1000) WHERE number % 7 = 1", Stats: &stats}); err != nil || stats.Rows != 1000 {
		t.Errorf("the cost of one is %+v, %v", stats, err)
	}
	stats = conn.Stats{}
	if rows, err := conn.All[uint64](t.Context(), db, conn.Query{SQL: "SELECT number FROM numbers(1000) WHERE sipHash64(number) = 1", Stats: &stats}); err != nil || len(rows) != 0 || stats.Rows != 1000 {
		t.Errorf("the cost of an empty result is %+v, %d rows, %v", stats, len(rows), err)
	}
	if _, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT number FROM numbers(0)"}); !errors.Is(err, conn.ErrNoRows) {
		t.Errorf("One of nothing: %v", err)
	}
}

// running counts statements whose text holds the mark.
func running(t *testing.T, db *conn.DB, mark string) uint64 {
	t.Helper()
	n, err := conn.One[uint64](t.Context(), db, conn.Query{
		SQL:    "SELECT count() FROM system.processes WHERE position(query, {mark:String}) > 0 AND position(query, 'system.processes') = 0",
		Params: []conn.Param{conn.Str("mark", mark)},
	})
	must(t, err)
	return n
}

func TestQueriesEndWithTheirContext(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	f := func(name, sql string, run func(ctx context.Context, sql string) error) {
		t.Helper()
		sql += " -- " + name
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- run(ctx, sql) }()
		eventually(t, time.Minute, name+" runs", func() bool { return running(t, db, name) == 1 })
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s ended with %v", name, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s did not return", name)
		}
		eventually(t, time.Minute, name+" is gone", func() bool { return running(t, db, name) == 0 })
	}
	query := func(ctx context.Context, sql string) error {
		_, err := conn.One[uint64](ctx, db, conn.Query{SQL: sql})
		return err
	}
	stream := func(ctx context.Context, sql string) error {
		for _, err := range conn.Rows[uint64](ctx, db, conn.Query{SQL: sql, Stream: true}) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	f("an aggregate before its first row", "SELECT max(sipHash64(number)) FROM numbers(2000000000000)", query)
	f("rows that stream", "SELECT number FROM numbers(2000000000000)", stream)
	f("one that only waits", "SELECT toUInt64(sleep(3)) FROM numbers(1000000)", query)
	f("a writer's statement", "INSERT INTO FUNCTION null('x UInt64') SELECT sipHash64(number) FROM numbers(2000000000000)", func(ctx context.Context, sql string) error {
		return db.Exec(ctx, sql)
	})
}

func TestALoopThatEndsEarlyEndsTheQuery(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	for _, err := range conn.Rows[uint64](t.Context(), db, conn.Query{SQL: "SELECT number FROM numbers(2000000000000) -- left early", Stream: true}) {
		must(t, err)
		break
	}
	eventually(t, time.Minute, "the query is gone", func() bool { return running(t, db, "left early") == 0 })
}

func TestTimeoutEndsAQuery(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	began := time.Now()
	_, err := conn.All[uint64](t.Context(), db, conn.Query{SQL: "SELECT max(sipHash64(number)) FROM numbers(2000000000000)", Timeout: 100 * time.Millisecond})
	if !errors.Is(err, conn.ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestQueriesRunInParallel(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			q := conn.Query{SQL: "SELECT toUInt64({i:UInt64} + sum(number) - 4950) FROM numbers(100)", Params: []conn.Param{conn.Int("i", i)}}
			if i%10 == 0 {
				q.Class = conn.Background
			}
			for range 5 {
				got, err := conn.One[uint64](t.Context(), db, q)
				if err != nil || got != uint64(i) {
					t.Errorf("query %d: %d, %v", i, got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestSettingsAreForOneStatement(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), "CREATE TABLE seen (n UInt64, threads UInt64, memory UInt64) ENGINE = Memory"))
	note := "INSERT INTO seen SELECT {n:UInt64}, getSetting('max_threads'), getSetting('max_memory_usage')"
	must(t, db.Exec(t.Context(), note, conn.Uint("n", uint64(1)), conn.Setting("max_threads", "57"), conn.Setting("max_memory_usage", "123456789")))
	if err := db.Exec(t.Context(), note, conn.Uint("n", uint64(2)), conn.Setting("max_threads", "no number")); err == nil {
		t.Error("a setting that is no number was taken")
	}
	if err := db.Exec(t.Context(), note, conn.Uint("n", uint64(2)), conn.Setting("no_such_setting", "1")); err == nil {
		t.Error("an unknown setting was taken")
	}
	if err := db.Exec(t.Context(), note, conn.Uint("n", uint64(2)), conn.Setting("max_threads = 1, readonly", "1")); err == nil {
		t.Error("a setting's name that is no name was taken")
	}
	for range 20 { // any session of the pool
		must(t, db.Exec(t.Context(), note, conn.Uint("n", uint64(2))))
	}
	type row struct {
		N       uint64 `ch:"n"`
		Threads uint64 `ch:"threads"`
		Memory  uint64 `ch:"memory"`
	}
	rows, err := conn.All[row](t.Context(), db, conn.Query{SQL: "SELECT DISTINCT n, threads, memory FROM seen ORDER BY n"})
	must(t, err)
	if len(rows) != 2 || rows[0].Threads != 57 || rows[0].Memory != 123456789 || rows[1].Threads == 57 || rows[1].Memory == 123456789 || rows[1].Memory == 0 {
		t.Errorf("got %+v", rows)
	}
}

func TestDatabasesStayApart(t *testing.T) {
	t.Parallel()
	a, b := storagetest.Empty(t), storagetest.Empty(t)
	for i, db := range []*conn.DB{a, b} {
		must(t, db.Exec(t.Context(), "CREATE TABLE t (n UInt64) ENGINE = Memory"))
		must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO t VALUES (%d)", i)))
	}
	var wg sync.WaitGroup
	for i, db := range []*conn.DB{a, b} {
		for range 4 {
			wg.Go(func() {
				for range 25 {
					if n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT n FROM t"}); err != nil || n != uint64(i) {
						t.Errorf("database %d gave %d, %v", i, n, err)
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestCompletionAndQuestionsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	const forever = "SELECT max(sipHash64(number)) FROM numbers(2000000000000)"
	for _, busy := range []struct{ by, asked conn.Class }{{conn.Interactive, conn.Completion}, {conn.Completion, conn.Interactive}} {
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range max(8, 2*runtime.GOMAXPROCS(0)) + 2 { // more than a class has sessions
			wg.Go(func() {
				for ctx.Err() == nil {
					_, _ = conn.One[uint64](ctx, db, conn.Query{SQL: forever, Class: busy.by}) // ends with its class's time, or with ctx
				}
			})
		}
		for {
			n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number)%'", Class: conn.Background})
			if err != nil {
				t.Fatal(err)
			}
			if n > 2 { // itself is one
				break
			}
		}
		threads, err := conn.One[string](t.Context(), db, conn.Query{SQL: "SELECT toString(getSetting('max_threads'))", Class: busy.asked})
		if err != nil || busy.asked == conn.Completion && threads != "1" {
			t.Errorf("class %d beside class %d: on %q threads, %v", busy.asked, busy.by, threads, err)
		}
		stop()
		wg.Wait()
	}
}
