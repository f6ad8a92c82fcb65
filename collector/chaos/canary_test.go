package chaos_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

// canaryReport is what of the canary's report the tests read.
type canaryReport struct {
	Good     bool
	Verdict  string
	Problems map[string]int
	Examples []struct{ Category, API, Item, Detail string }
	Signals  []struct {
		Signal                              string
		Acknowledged, Unacknowledged, Items int
		Checked                             int
	}
}

// canary runs `sightline canary ...` to its end.
func canary(t *testing.T, binary string, args ...string) (r canaryReport, status int) {
	t.Helper()
	var out, log bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"canary"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("the canary says %q, %q", out.Bytes(), log.Bytes())
	}
	return r, cmd.ProcessState.ExitCode()
}

// TestTheCanaryFindsEverythingAfterKills lets `sightline canary` write all three signals while the program, its engine, or both are killed,
// once more during recovery; then it reads everything back through the API: each acknowledged item once, with its content. That it would
// tell otherwise is shown at the end, by taking away what it has just found.
func TestTheCanaryFindsEverythingAfterKills(t *testing.T) {
	t.Parallel()
	r := newQuietRun(t)
	pr := r.newProgram()
	began := time.Now()
	p := r.start("")
	log := filepath.Join(r.dir, "canary.log")
	protocol := []string{"grpc", "http"}[r.rnd.IntN(2)]
	endpoint := map[string]string{"grpc": "http://" + pr.at[1], "http": "http://" + pr.at[2]}[protocol]
	writer := exec.Command(pr.binary, "canary", "--write-only", "--log", log, "--interval", "50ms", "--duration", "0", "--give-up", "10m", "--quiet",
		"--protocol", protocol, "--endpoint", endpoint)
	writer.Stdout, writer.Stderr = r.log, r.log
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- writer.Wait() }()
	t.Cleanup(func() {
		_ = writer.Process.Kill() // it has ended
	})
	kills := 3
	if long() {
		kills = 20
	}
	for r.count() < kills {
		p.diesWithin(time.Duration(500+r.rnd.IntN(2000)) * time.Millisecond)
		switch name := []string{"parent", "engine", "both"}[r.count()%3]; name {
		case "engine":
			if p.killEngine() {
				r.kills[name]++
			}
			continue
		case "both":
			p.killAll()
			r.kills[name]++
		default:
			p.kill()
			r.kills[name]++
		}
		if p = r.start(""); r.rnd.IntN(2) == 0 {
			p.diesWithin(time.Duration(r.rnd.IntN(500)) * time.Millisecond)
			p.kill()
			r.kills["during recovery"]++
			p = r.start("")
		}
	}
	p.diesWithin(time.Second)
	if err := writer.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Errorf("the canary that writes: %v", err)
	}

	verify := []string{"verify", "--log", log, "--url", "http://" + pr.at[0], "--json", "--quiet", "--sample", "100"}
	patient := fmt.Sprint(patience(2 * time.Minute))
	found, status := canary(t, pr.binary, append(verify, "--wait", patient, "--map-wait", patient)...)
	if status != 0 {
		t.Fatalf("status %d: %s %v", status, found.Verdict, found.Examples)
	}
	p.until(t, patience(time.Minute), "the journal is empty", func() bool {
		s, err := p.page()
		return err == nil && s.Ingest["traces"].InJournal+s.Ingest["logs"].InJournal+s.Ingest["metrics"].InJournal == 0
	})
	s, err := p.page()
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range found.Signals {
		books := s.Ingest[of.Signal]
		if of.Items == 0 || of.Checked == 0 || of.Unacknowledged > 0 || !books.balanced() || books.Stored != uint64(of.Items) {
			t.Errorf("the canary has %+v, the books %+v", of, books)
		}
	}
	t.Logf("%v over %s: %+v in %v", r.kills, protocol, found.Signals, time.Since(began).Round(time.Millisecond))
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	t.Run("and misses what is taken away", func(t *testing.T) {
		t.Run("", func(t *testing.T) { dropAll(t, open(t, filepath.Join(r.dir, "engine")), "spans", "logs", "points") })
		p := r.start("")
		found, status := canary(t, pr.binary, append(verify, "--wait", "0s", "--map-wait", "0s")...)
		if status != 1 {
			t.Errorf("status %d: %s %v", status, found.Verdict, found.Problems)
		}
		for _, category := range []string{"not_found_by_id", "not_found_by_search", "missing_spans", "missing_log", "missing_point"} {
			if found.Problems[category] == 0 {
				t.Errorf("nothing is %s: %v", category, found.Problems)
			}
		}
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
}

// dropAll drops every partition of tables.
func dropAll(t *testing.T, db *conn.DB, tables ...string) {
	t.Helper()
	for _, table := range tables {
		ids, err := conn.All[string](t.Context(), db, conn.Query{
			SQL:    "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active",
			Params: []conn.Param{conn.Str("table", table)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			t.Errorf("%s is empty", table)
		}
		for _, id := range ids {
			if err := db.Exec(t.Context(), "ALTER TABLE "+table+" DROP PARTITION ID '"+id+"'"); err != nil {
				t.Fatal(err)
			}
		}
	}
}
