package chaos_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sightline/sightline/collector/sample"
)

// target is the program that is treated badly.
type target struct {
	*process
	t    *testing.T
	http string // http://host:port of OTLP
	raw  string // host:port
	conn *grpc.ClientConn
}

// TestHostileTable sends every row of the table of bad inputs to the program as it is shipped. After each it wants the exact
// answer, a well program, and books that have changed by exactly this request; at the end it reads back what was stored.
// `make test` sends a row in one of its forms, another each time; SIGHTLINE_CHAOS=long in all of them.
func TestHostileTable(t *testing.T) {
	t.Parallel()
	hostileTable(t, "", false)
}

// processors is a pipeline that decodes everything and changes nothing that the table looks at.
const processors = `collector:
  processors:
    attributes:
      actions: [{key: nobody.has.this, action: delete}]
  service:
    pipelines:
      traces:
        receivers: [otlp]
        processors: [attributes]
        exporters: [journal]
      logs:
        receivers: [otlp]
        processors: [attributes]
        exporters: [journal]
      metrics:
        receivers: [otlp]
        processors: [attributes]
        exporters: [journal]
`

// TestHostileTableBeforeProcessors is the same for the other lane, where requests are decoded for the user's processors.
func TestHostileTableBeforeProcessors(t *testing.T) {
	t.Parallel()
	hostileTable(t, processors, true)
}

func hostileTable(t *testing.T, config string, decoded bool) {
	t.Helper()
	r := newQuietRun(t)
	file := filepath.Join(t.TempDir(), "sightline.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	pr := r.newProgram("SIGHTLINE_CONFIG="+file, "SIGHTLINE_RETENTION_TRACES=365d", "SIGHTLINE_INGEST_DISK_RESERVE=16MiB")
	p := r.start("")
	registerCompressors()
	conn, err := grpc.NewClient(pr.at[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	x := &target{process: p, t: t, http: "http://" + pr.at[2], raw: pr.at[2], conn: conn}
	p.until(t, patience(30*time.Second), "it is ready", func() bool { _, err := p.page(); return err == nil })
	slow := make(<-chan error)
	if long() { // it takes the whole limit of 30 s; collector's own test has a shorter one
		slow = x.slowBody()
	}

	var sent []*delivery
	for i, row := range table() {
		if decoded && row.notDecoded {
			continue
		}
		able := slices.DeleteFunc(forms(), func(f form) bool { return !row.takes(f) })
		if !long() {
			able = able[(i+r.rnd.IntN(len(able)))%len(able):][:1]
		}
		for _, f := range able {
			t.Run(row.name+", "+f.String(), func(t *testing.T) {
				if q := x.treat(t, row, f); q != nil {
					sent = append(sent, q)
				}
			})
		}
	}
	for _, row := range onTheWire() {
		t.Run(row.name, func(t *testing.T) { x.treatWire(t, row) })
	}
	if long() {
		if err := <-slow; err != nil {
			t.Errorf("O8 a body that does not end: %v", err)
		}
	}
	p.until(t, patience(time.Minute), "everything is stored", func() bool {
		s, err := p.page()
		return err == nil && s.Ingest["traces"].InJournal+s.Ingest["logs"].InJournal+s.Ingest["metrics"].InJournal == 0
	})
	for _, q := range sent {
		if q.row.read != nil {
			t.Run("stored: "+q.row.name+", "+q.form.String(), func(t *testing.T) { q.row.read(&stored{t: t, p: p, q: q}) })
		}
	}
	s, err := p.page()
	if err != nil || s.Engine.Restarts != 0 {
		t.Errorf("in the end %+v, %v", s, err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	db := open(t, filepath.Join(r.dir, "engine"))
	for signal, sql := range map[string]string{
		"traces": "SELECT count() FROM spans", "logs": "SELECT count() FROM logs",
		"metrics": "SELECT (SELECT count() FROM points) + (SELECT count() FROM distributions)",
	} {
		if got, n := s.Ingest[signal], one(t, db, sql); !got.balanced() || got.DeadLetter != 0 || got.Stored != n || n == 0 {
			t.Errorf("the books of %s say %+v; in the tables are %d", signal, got, n)
		}
	}
}

// treat sends a row in a form, and looks at the answer and at what has changed.
func (x *target) treat(t *testing.T, row row, f form) *delivery {
	t.Helper()
	q := row.request(f)
	x.probe(t) // what the one before has left behind
	before := x.books(t)
	got := x.send(t, row.signal, f, q)
	check(t, row, f, got)
	after := x.books(t)
	if row.refused != "" {
		x.refused(t, before, after, row.refused)
		return nil
	}
	was, is := before.Ingest[row.signal], after.Ingest[row.signal]
	kept := func(i ingest) uint64 { return i.Stored + i.InJournal }
	if is.Received-was.Received != q.items || kept(is)-kept(was) != q.items-row.rejected-q.repeated || is.Deduplicated-was.Deduplicated != q.repeated ||
		is.rejected()-was.rejected() != row.rejected || row.reason != "" && is.Rejected[row.reason]-was.Rejected[row.reason] != row.rejected ||
		is.DeadLetter != was.DeadLetter || is.Undecodable != was.Undecodable || !is.balanced() {
		t.Errorf("%d items, %d to be rejected for %q, %d repeated: the books went from %+v to %+v", q.items, row.rejected, row.reason, q.repeated, was, is)
	}
	return q
}

func check(t *testing.T, row row, f form, got reply) {
	t.Helper()
	if !f.grpc && got.http != row.http || got.code != row.code || got.rejected != row.rejected || !strings.Contains(got.message, row.mentions) {
		t.Errorf("answer %d %v, rejected %d, %q; want %d %v, %d, %q", got.http, got.code, got.rejected, got.message, row.http, row.code, row.rejected, row.mentions)
	}
	if row.rejected == 0 && row.code == codes.OK && got.message != "" {
		t.Errorf("a full success says %q", got.message)
	}
	if got.retryAfter != 0 {
		t.Errorf("it has a retry hint of %v, for what will never be taken", got.retryAfter)
	}
}

// refused wants one request more among the refused, and no items anywhere.
func (x *target) refused(t *testing.T, before, after page, reason string) {
	t.Helper()
	if n := after.Refused[reason] - before.Refused[reason]; n != 1 {
		t.Errorf("%d requests are counted as refused for %q: %v, was %v", n, reason, after.Refused, before.Refused)
	}
	for signal, is := range after.Ingest {
		if was := before.Ingest[signal]; is.Received != was.Received {
			t.Errorf("%d items of %s are counted as received", is.Received-was.Received, signal)
		}
	}
}

func (x *target) books(t *testing.T) page {
	t.Helper()
	s, err := x.page()
	if err != nil {
		t.Fatalf("the program does not answer: %v", err)
	}
	return s
}

// probe is the health probe: a good request is taken, and the process is the same.
func (x *target) probe(t *testing.T) {
	t.Helper()
	if x.diesWithin(0) {
		t.Fatal("the program is dead")
	}
	body := sample.Request(uint64(time.Now().UnixNano()), 10, time.Now())
	if got := post(t, x.http+"/v1/traces", bytes.NewReader(body), "Content-Type", "application/x-protobuf"); got.http != 200 || got.rejected != 0 {
		t.Errorf("a good request gets %+v", got)
	}
}

func (x *target) send(t *testing.T, signal string, f form, q *delivery) reply {
	t.Helper()
	for _, b := range q.first { // what has to be there before
		if got := post(t, x.http+paths[signal], bytes.NewReader(b), "Content-Type", "application/x-protobuf"); got.http != 200 {
			t.Errorf("the first request gets %+v", got)
		}
	}
	if f.grpc {
		r, err := invoke(x.conn, methods[signal], f.coding, q.pb)
		if err != nil {
			t.Errorf("the answer can't be read: %v", err)
		}
		return r
	}
	body, headers := q.pb, []string{"Content-Type", "application/x-protobuf"}
	if f.json {
		body, headers = q.js, []string{"Content-Type", "application/json"}
	}
	if f.coding != "" {
		headers = append(headers, "Content-Encoding", f.coding)
	}
	return post(t, x.http+paths[signal], bytes.NewReader(pack(t, f.coding, body)), headers...)
}

// slowBody sends a request that never ends, a byte now and then; it must not be waited for beyond the limit of 30 s.
func (x *target) slowBody() <-chan error {
	result := make(chan error, 1)
	go func() {
		result <- func() error {
			c, err := net.Dial("tcp", x.raw)
			if err != nil {
				return err
			}
			defer c.Close()
			fmt.Fprintf(c, "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100000\r\n\r\n")
			began := time.Now()
			one := make([]byte, 1)
			for {
				if _, err := c.Write([]byte{10}); err != nil {
					return nil // it was closed
				}
				if err := c.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
					return err
				}
				if _, err := c.Read(one); err == nil || !strings.Contains(err.Error(), "timeout") {
					return nil // it was answered or closed
				}
				if time.Since(began) > patience(45*time.Second) {
					return fmt.Errorf("it is still waited for after %v", time.Since(began))
				}
			}
		}()
	}()
	return result
}

// wireRow is a row about the way a request is sent rather than about what is in it.
type wireRow struct {
	name    string
	send    func(t *testing.T, x *target) reply
	http    int
	code    codes.Code
	refused string // reason, if it is counted
	also    func(r reply) bool
}

func (x *target) treatWire(t *testing.T, row wireRow) {
	t.Helper()
	x.probe(t)
	before := x.books(t)
	got := row.send(t, x)
	if got.http != row.http || got.code != row.code || got.retryAfter != 0 || row.also != nil && !row.also(got) {
		t.Errorf("answer %+v; want %d %v", got, row.http, row.code)
	}
	if after := x.books(t); row.refused != "" {
		x.refused(t, before, after, row.refused)
	}
	x.probe(t)
}

func request405(method string) func(*testing.T, *target) reply {
	return func(t *testing.T, x *target) reply {
		r, err := http.NewRequest(method, x.http+"/v1/traces", nil)
		if err != nil {
			t.Fatal(err)
		}
		return do(t, r)
	}
}

// manyHeaders sends 100 MB of headers, or as much of it as is taken, and reads what comes back.
func manyHeaders(t *testing.T, x *target) reply {
	c, err := net.Dial("tcp", x.raw)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience(20 * time.Second))); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "POST /v1/traces HTTP/1.1\r\nHost: x\r\n")
	line := []byte("Baggage: " + strings.Repeat("x", 1000) + "\r\n")
	for sent := 0; sent < 100<<20; sent += len(line) {
		if _, err := c.Write(line); err != nil {
			if sent < 32<<10 {
				t.Errorf("it ended after %d bytes: %v", sent, err)
			}
			// The answer came before the end, and the end may have overtaken it.
			return reply{http: http.StatusRequestHeaderFieldsTooLarge}
		}
	}
	t.Error("it takes 100 MB of headers")
	return reply{}
}
