package chaos_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/storagetest/port"
)

// TestTheProgramItselfKeepsWhatItAcknowledged kills ./sightline as it is shipped: its own composition, its own shutdown, its own status.
func TestTheProgramItselfKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.newProgram()
	points := failpoints()
	for kills := enough(3); r.count() < kills; {
		armed := ""
		if r.rnd.IntN(2) == 0 {
			armed = points[r.rnd.IntN(len(points))] + "=exit"
		}
		p := r.start(armed)
		if p == nil {
			r.kills[armed]++
			continue
		}
		if r.count() == 1 { // the second time during recovery
			p.diesWithin(time.Duration(r.rnd.IntN(500)) * time.Millisecond)
			p.kill()
			r.kills["during recovery"]++
			continue
		}
		switch {
		case armed != "" && p.diesWithin(3*time.Second):
			r.kills[armed]++
			continue
		case armed == "":
			p.diesWithin(time.Duration(r.rnd.IntN(3000)) * time.Millisecond)
			if r.rnd.IntN(2) == 0 && p.killEngine() {
				r.kills["engine"]++
				p.diesWithin(time.Duration(r.rnd.IntN(1000)) * time.Millisecond)
			}
		}
		p.kill()
		r.kills["parent"]++
	}
	began := time.Now()
	p := r.start("")
	listens := time.Since(began)
	r.finish()
	r.settleProgram(p, patience(3*time.Minute))
	r.report(uint64(r.client.spans()), listens, time.Since(began))
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	verifyStored(t, open(t, filepath.Join(r.dir, "engine")), r.client.acked)
}

// program is ./sightline as it is shipped: which ports it listens on, where its data is, and what else it is told.
type program struct {
	binary string
	data   string
	at     []string // addresses that are held: page, OTLP over gRPC, OTLP over HTTP
	env    []string // settings beyond addresses and folder
	within []string // a command that runs the program, such as strace with its options; nil: it is run as it is
	log    io.Writer
}

// newProgram builds it and finds ports; it runs on the run's folder.
func (r *run) newProgram(env ...string) *program {
	r.t.Helper()
	pr := &program{binary: build(r.t, "../.."), data: r.dir, at: hold(r.t, 3), env: env, log: r.log}
	r.launch = func(failpoints string) *process { return pr.start(r.t, failpoints) }
	return pr
}

// start runs it, and returns when it takes spans. nil: it died before that.
func (pr *program) start(t *testing.T, failpoints string) *process {
	t.Helper()
	argv := append(slices.Clone(pr.within), pr.binary)
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), exited: make(chan struct{}), control: "http://" + pr.at[0], otlp: "http://" + pr.at[2] + "/v1/traces"}
	p.cmd.Dir = t.TempDir()
	// X-Ray's own address is this machine's one of it: whoever else runs the program here has it.
	p.cmd.Env = append(environ(t), "SIGHTLINE_FAILPOINTS="+failpoints, "SIGHTLINE_DATA_DIR="+pr.data, "SIGHTLINE_XRAY_UDP=", "SIGHTLINE_XRAY_TCP=",
		"SIGHTLINE_LISTEN="+pr.at[0], "SIGHTLINE_OTLP_GRPC="+pr.at[1], "SIGHTLINE_OTLP_HTTP="+pr.at[2])
	p.cmd.Env = append(p.cmd.Env, pr.env...)
	p.cmd.Stdout, p.cmd.Stderr = pr.log, pr.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	go func() {
		_ = p.cmd.Wait() // how it died is the test's own doing
		close(p.exited)
	}()
	for deadline := time.Now().Add(patience(30 * time.Second)); time.Now().Before(deadline); {
		c, err := net.Dial("tcp", pr.at[2])
		if err == nil {
			c.Close()
			return p
		}
		if p.diesWithin(5 * time.Millisecond) {
			return nil
		}
	}
	t.Fatal("the program does not listen after 30 s")
	return nil
}

// hold keeps addresses for a program that is killed and comes back.
func hold(t *testing.T, n int) []string {
	t.Helper()
	addresses, release, err := port.Hold(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return addresses
}

// settleProgram ends the clients and waits until all that they sent is stored; then it holds the books against the clients' log:
//
//	received = stored + rejected + deduplicated + in the journal + dead letters
//
// where stored is what was acknowledged, once, and received is that and at most what clients sent without ever seeing the answer.
func (r *run) settleProgram(p *process, limit time.Duration) ingest {
	r.t.Helper()
	r.finish()
	sent := uint64(r.client.spans())
	for deadline := time.Now().Add(limit); ; {
		got, err := p.ingest()
		if err == nil && got.Stored == sent && got.InJournal == 0 {
			if !got.balanced() || got.rejected() != 0 || got.DeadLetter != 0 {
				r.t.Errorf("the books say %+v, the clients sent %d", got, sent)
			}
			if most := sent + r.client.unanswered(); got.Received < sent || got.Received > most {
				r.t.Errorf("the books say that %d spans were received; the clients sent %d to %d", got.Received, sent, most)
			}
			r.checkAnswers()
			return got
		}
		if time.Now().After(deadline) || err == nil && got.Stored > sent {
			r.t.Fatalf("the status page says %+v, %v; the clients sent %d", got, err, sent)
		}
		if p.diesWithin(50 * time.Millisecond) {
			r.t.Fatal("the program died while it should store what it has")
		}
	}
}

// checkAnswers wants of every answer that it was a success or asked to come back, and said when.
func (r *run) checkAnswers() {
	r.t.Helper()
	c := r.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.partial > 0 || c.hintless > 0 || len(c.odd) > 0 {
		r.t.Errorf("%d answers refused spans, %d refusals had no Retry-After, and there were answers with status %v", c.partial, c.hintless, c.odd)
	}
}

// stopAndVerify stops the program and compares its folder with the clients' log.
func (r *run) stopAndVerify(p *process) {
	r.t.Helper()
	if err := p.stop(); err != nil {
		r.t.Error(err)
	}
	verifyStored(r.t, open(r.t, filepath.Join(r.dir, "engine")), r.client.acked)
}

// ingest is what /api/status says about spans.
type ingest struct {
	Received     uint64            `json:"received"`
	Stored       uint64            `json:"stored"`
	Rejected     map[string]uint64 `json:"rejected"`
	Dropped      map[string]int64  `json:"dropped_by_pipeline"`
	Deduplicated uint64            `json:"deduplicated"`
	InJournal    uint64            `json:"in_journal"`
	DeadLetter   uint64            `json:"dead_letter"`
	Undecodable  uint64            `json:"undecodable"` // requests
}

func (i ingest) rejected() (n uint64) {
	for _, of := range i.Rejected {
		n += of
	}
	return n
}

func (i ingest) balanced() bool {
	dropped := int64(0)
	for _, n := range i.Dropped {
		dropped += n
	}
	return i.Received == i.Stored+i.rejected()+uint64(dropped)+i.Deduplicated+i.InJournal+i.DeadLetter
}

// page is what of /api/status the tests read.
type page struct {
	Ingest   map[string]ingest `json:"ingest"`
	Refused  map[string]uint64 `json:"refused"`
	Warnings []string          `json:"warnings"`
	LagMS    float64           `json:"lag_ms"`
	Engine   struct {
		State    string `json:"state"`
		Restarts int    `json:"restarts"`
	} `json:"engine"`
	Journal struct {
		Bytes    int64 `json:"bytes"`
		MaxBytes int64 `json:"max_bytes"`
	} `json:"journal"`
}

func (p *process) page() (s page, err error) {
	err = p.get("/api/status", &s)
	return s, err
}

// get reads JSON from the program's API.
func (p *process) get(path string, into any) error {
	answer, err := (&http.Client{Timeout: patience(10 * time.Second)}).Get(p.control + path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // it is only told
		return fmt.Errorf("%s answers %d: %s", path, answer.StatusCode, text)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

func (p *process) ingest() (ingest, error) {
	s, err := p.page()
	return s.Ingest["traces"], err
}

// stores says whether spans have reached their table: the tables are there.
func (p *process) stores() bool {
	s, err := p.ingest()
	return err == nil && s.Stored > 0
}

// until asks until the answer is yes, and fails the test when it is not in time.
func (p *process) until(t *testing.T, limit time.Duration, what string, yes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !yes(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", limit, what)
		}
		if p.diesWithin(20 * time.Millisecond) {
			t.Fatalf("the program died before: %s", what)
		}
	}
}

// moreAcknowledged waits until so many more requests are acknowledged.
func (r *run) moreAcknowledged(p *process, requests int, limit time.Duration) {
	r.t.Helper()
	before, _ := r.client.answered()
	p.until(r.t, patience(limit), fmt.Sprintf("%d more requests are acknowledged", requests), func() bool {
		now, _ := r.client.answered()
		return now >= before+requests
	})
}
