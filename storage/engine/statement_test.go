package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func words(sql string) string {
	var b strings.Builder
	for t := range tokens(sql) {
		b.WriteString("<" + t.text + ">")
	}
	return b.String()
}

func TestTokens(t *testing.T) {
	t.Parallel()
	f := func(sql, want string) {
		t.Helper()
		if got := words(sql); got != want {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
	f("", "")
	f("SELECT a1,b FROM t", "<SELECT><a1><,><b><FROM><t>")
	f("a -- b\nc --d", "<a><c>")
	f("a # b\nc #! d\n#e", "<a><c><#><e>")
	f("a/* b */c/*d", "<a><c>")
	f("a/**/b", "<a><b>")
	f(`'it''s' 'a\'b' '\\' x`, `<'it''s'><'a\'b'><'\\'><x>`)
	f("`a b` \"c\"\"d\" e", "<a b><c\"\"d><e>")
	f("'open", "<'open>")
	f("`open", "<ope>") // whatever: the engine refuses it
	f("$$ a 'b $$ c $tag$ $$ $tag$ d $e", "<$$ a 'b $$><c><$tag$ $$ $tag$><d><$><e>")
	f("a\u00a0b", "<a><\xc2><\xa0><b>")
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]kind{
		"": kindOther, "-- SELECT": kindOther, "select 1": kindSelect, "/* x */ WITH 1 AS a SELECT a": kindSelect, "(SELECT 1)": kindSelect,
		"INSERT INTO t": kindInsert, "`SELECT` 1": kindOther, "'SELECT'": kindOther, "SHOW TABLES": kindOther, "DROP TABLE t": kindOther,
	} {
		if got := kindOf(sql); got != want {
			t.Errorf("%q: got %d, want %d", sql, got, want)
		}
	}
}

func TestSplitInsert(t *testing.T) {
	t.Parallel()
	f := func(sql, statement, format string) {
		t.Helper()
		s, f, err := splitInsert(sql)
		if s != statement || f != format || (err == nil) != (format != "") {
			t.Errorf("%s: got %q, %q, %v", sql, s, f, err)
		}
	}
	f("INSERT INTO t FORMAT Native", "INSERT INTO t ", "Native")
	f("INSERT INTO `format` (`format`, x) format CSV", "INSERT INTO `format` (`format`, x) ", "CSV")
	f("INSERT INTO t (a) SETTINGS b = 'FORMAT x' FORMAT Native", "INSERT INTO t (a) SETTINGS b = 'FORMAT x' ", "Native")
	f("INSERT INTO t VALUES (1)", "", "")
	f("INSERT INTO t FORMAT", "", "")
}

func TestInsertTarget(t *testing.T) {
	t.Parallel()
	f := func(sql, database, table string) {
		t.Helper()
		if d, n := insertTarget(sql); d != database || n != table {
			t.Errorf("%s: got %q, %q", sql, d, n)
		}
	}
	f("INSERT INTO t FORMAT Native", "", "t")
	f("INSERT INTO t", "", "t")
	f("insert into table `d`.`t x` (a, b) FORMAT Native", "d", "t x")
	f("INSERT INTO d . t SELECT 1", "d", "t")
	f("INSERT INTO FUNCTION null('x UInt8') SELECT 1", "", "")
	f("INSERT INTO /* x */ d.\"t\"(a) VALUES (1)", "d", "t")
	f("INSERT", "", "")
}

func TestParseException(t *testing.T) {
	t.Parallel()
	f := func(text string, code int, message string) {
		t.Helper()
		if e := parseException(text); e.Code != code || e.Message != message {
			t.Errorf("%q: got %d %q", text, e.Code, e.Message)
		}
	}
	f("Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE)\n", 60, "Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE)")
	f("Code: 241. DB::Exception: Code: 241. DB::Exception: Code: 241. DB::Exception: limit. (MEMORY_LIMIT_EXCEEDED)", 241,
		"Code: 241. DB::Exception: limit. (MEMORY_LIMIT_EXCEEDED)")
	f("Code: 36. DB::Exception: it said Code: 37. DB::Exception: x", 36, "Code: 36. DB::Exception: it said Code: 37. DB::Exception: x")
	f("Code: 210. DB::NetException: refused", 210, "Code: 210. DB::NetException: refused")
	f("Failed to parse INSERT query", 1002, "Code: 1002. DB::Exception: Failed to parse INSERT query (UNKNOWN_EXCEPTION)")
}

func TestFolderHasOneHolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := lockFolder(t.Context(), dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFolder(t.Context(), dir, 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "is in use by another instance (process ") {
		t.Errorf("a second holder: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lockFolder(ctx, dir, time.Minute); err == nil {
		t.Error("it waits past its context")
	}
	got := make(chan error, 1)
	go func() {
		second, err := lockFolder(t.Context(), dir, time.Minute)
		if err == nil {
			err = second.Close()
		}
		got <- err
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestListenAddressFits(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"/x", "/" + strings.Repeat("d", 80), "/" + strings.Repeat("d", 91), "/" + strings.Repeat("d", 92), "/" + strings.Repeat("d", 200)} {
		network, address, err := listenAddress(dir)
		if err != nil || network != "unix" || len(address) >= len(syscall.RawSockaddrUnix{}.Path) {
			t.Errorf("%d bytes: %s %s, %v", len(dir), network, address, err)
		}
		if inside := filepath.Dir(address) == dir; inside != (len(dir) <= 91) {
			t.Errorf("%d bytes: %s", len(dir), address)
		}
		if filepath.Dir(address) != dir {
			removeSocket(dir, address)
			if _, err := os.Stat(filepath.Dir(address)); err == nil {
				t.Errorf("%s stays", filepath.Dir(address))
			}
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"SELECT 'a' FROM `b` -- c", "/*", "$a$ $a$", "'\\", "\"", "INSERT INTO t FORMAT Native", "#! x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		end := 0
		for token := range tokens(sql) {
			if token.at < end || token.text == "" && !token.word {
				t.Fatalf("%q at %d", token.text, token.at)
			}
			end = token.at + 1
		}
	})
}
