package query_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/erase"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/traces"
)

type deletion struct {
	ID, State, Reason   string
	Filter              *string
	Spans, Traces, Logs int
	Hidden, Gone        *time.Time
}

// erasing is a server that deletes; what is stored before the moment is settled.
func erasing(t *testing.T, l *live, state *[]byte, settled *batch.ID) *query.Server {
	t.Helper()
	e, err := erase.Open(erase.Config{
		DB: l.db, Traces: traces.NewReader(l.db), Logs: logs.NewReader(l.db), State: *state, Chunk: 2, Every: 50 * time.Millisecond,
		Save:    func(data []byte) error { *state = data; return nil },
		Settled: func(context.Context) (batch.ID, error) { return *settled, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return newServer(t, &shop{}, func(c *query.Config) { c.Deletions, c.Now = e, time.Now })
}

func TestDeletionsOnTheRealEngine(t *testing.T) {
	l := newLive(t)
	for i := range 5 {
		store(t, l.db, "default", order(byte(i+1), l.start))
	}
	store(t, l.db, "default", thrown(30, l.start, "1.0", "KeyError", "x", ""))
	store(t, l.db, "other", order(1, l.start))
	settled := batch.NewID([8]byte{1}, time.Now())
	store(t, l.db, "default", order(9, l.start)) // of a batch that is not settled
	var state []byte
	srv := erasing(t, l, &state, &settled)
	ask := func(method, target, body string, status int) (d deletion) {
		t.Helper()
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Host, r.URL.Scheme, r.URL.Host = "127.0.0.1:7070", "", ""
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := do(srv, r)
		if l.c.check(t, r, w); w.Code != status {
			t.Fatalf("%s %s = %d %s", method, target, w.Code, w.Body)
		}
		_ = json.Unmarshal(w.Body.Bytes(), &d)
		return d
	}
	rows := func(table string) (n uint64) {
		t.Helper()
		n, err := conn.One[uint64](t.Context(), l.db, conn.Query{SQL: "SELECT count() FROM " + table + " WHERE project = 'default'"})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	find := func(id string, state string) (d deletion) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			var all struct{ Deletions []deletion }
			r := request("GET", "/api/deletions")
			w := do(srv, r)
			l.c.check(t, r, w)
			if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil {
				t.Fatal(err)
			}
			for _, d = range all.Deletions {
				if d.ID == id && (d.State == state || d.State == erase.Done) {
					return d
				}
			}
		}
		t.Fatalf("deletion %s is not %s: %+v", id, state, d)
		return d
	}
	id := traces.TraceID{0: 0x66, 15: 2}
	if d := ask("DELETE", "/api/traces/"+id.String()+"?dry_run=true", "", 200); d.Spans != 4 || d.Traces != 1 || rows("spans") != 25 {
		t.Errorf("dry run: %+v", d)
	}
	d := find(ask("DELETE", "/api/traces/"+id.String()+"?reason=asked", "", 200).ID, erase.Cleaning)
	if d.Spans != 4 || d.Hidden == nil || d.Reason != "asked" || rows("spans") != 21 {
		t.Errorf("one trace: %+v, %d spans", d, rows("spans"))
	}
	if w := do(l.Server, request("GET", "/api/traces/"+id.String())); w.Code != 404 {
		t.Errorf("the trace is still there: %d", w.Code)
	}
	// In pieces of two traces; the one that is not settled stays.
	filter := `{"filter": "user.name = \"O'Brien \\\"\\\\ ünï\"", "reason": "a person's wish"}`
	if d := ask("POST", "/api/deletions?dry_run=true", filter, 200); d.Spans != 8 || d.Traces != 2 {
		t.Errorf("dry run: %+v", d)
	}
	d = find(ask("POST", "/api/deletions", filter, 200).ID, erase.Cleaning)
	if d.Spans != 16 || d.Traces != 4 || rows("spans") != 5 || rows("exceptions") != 2 || rows("trace_index") != 2 {
		t.Errorf("a person: %+v, %d spans, %d exceptions, %d in the index", d, rows("spans"), rows("exceptions"), rows("trace_index"))
	}
	if n, err := conn.One[uint64](t.Context(), l.db, conn.Query{SQL: "SELECT count() FROM spans WHERE project = 'other'"}); n != 4 || err != nil {
		t.Errorf("another project has %d spans, %v", n, err)
	}
	ask("POST", "/api/deletions", `{"filter": "", "reason": "x"}`, 400)
	ask("POST", "/api/deletions", `{"filter": "user.name = x"}`, 400)
	ask("POST", "/api/deletions", `{"filter": "user.name = ", "reason": "x"}`, 400)
	ask("POST", "/api/deletions?dry_run=true", `{"filter": "{ span.user.name = \"x\" }", "reason": "x"}`, 400) // TraceQL would find by the word "{"
	ask("POST", "/api/deletions", `{"filter": "a = 1", "reason": "x", "from": "now", "to": "now-1h"}`, 400)
	ask("DELETE", "/api/traces/x", "", 400)
	bearer := request("DELETE", "/api/traces/"+id.String())
	bearer.Header.Set("Authorization", "Bearer abc")
	if w := do(srv, bearer); w.Code != 401 && w.Code != 403 {
		t.Errorf("with a key: %d %s", w.Code, w.Body)
	}
	// A restart goes on with what was begun, and what is settled meanwhile goes too.
	settled = batch.NewID([8]byte{1}, time.Now())
	begun := `{"format": 1, "deletions": [{"id": "aa", "project": "default", "filter": "service = checkout", "from": "1970-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "state": "deleting", "spans": 7}]}`
	state = []byte(begun)
	srv = erasing(t, l, &state, &settled)
	if d := find("aa", erase.Cleaning); d.Spans != 11 || rows("spans") != 1 {
		t.Errorf("after a restart: %+v, %d spans", d, rows("spans"))
	}
}
