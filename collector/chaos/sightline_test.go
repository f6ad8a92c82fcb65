package chaos_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestTheProgramItselfKeepsWhatItAcknowledged kills ./sightline as it is shipped: its own composition, its own shutdown, its own status.
func TestTheProgramItselfKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	binary := build(t, "../..")
	ports := freePorts(t, 3)
	r := newRun(t)
	r.launch = func(failpoints string) *process { return startSightline(t, binary, r.dir, failpoints, ports, r.log) }
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
	sent := uint64(r.client.spans())
	deadline := time.Now().Add(3 * time.Minute)
	for {
		got, err := p.ingest()
		if err == nil && got.Stored == sent && got.InJournal == 0 && got.DeadLetter == 0 && got.Received == got.Stored+got.Deduplicated {
			break
		}
		if time.Now().After(deadline) || err == nil && got.Stored > sent {
			t.Fatalf("the status page says %+v, %v; the clients sent %d", got, err, sent)
		}
		p.diesWithin(50 * time.Millisecond)
	}
	r.report(sent, listens, time.Since(began))
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	verifyStored(t, open(t, filepath.Join(r.dir, "engine")), r.client.acked)
}

// startSightline runs the program with everything in one folder, and returns when it takes spans. nil: it died before that.
func startSightline(t *testing.T, binary, dir, failpoints string, ports []int, log io.Writer) *process {
	t.Helper()
	address := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	p := &process{cmd: exec.Command(binary), exited: make(chan struct{}), control: "http://" + address(0), otlp: "http://" + address(2) + "/v1/traces"}
	p.cmd.Dir = dir
	p.cmd.Env = append(environ(t), "SIGHTLINE_FAILPOINTS="+failpoints, "SIGHTLINE_DATA_DIR="+dir,
		"SIGHTLINE_LISTEN="+address(0), "SIGHTLINE_OTLP_GRPC="+address(1), "SIGHTLINE_OTLP_HTTP="+address(2))
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	go func() {
		_ = p.cmd.Wait() // how it died is the test's own doing
		close(p.exited)
	}()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		c, err := net.Dial("tcp", address(2))
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

// freePorts finds ports that nobody listens on now.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// ingest is what /api/status says about spans.
type ingest struct {
	Received     uint64 `json:"received"`
	Stored       uint64 `json:"stored"`
	Deduplicated uint64 `json:"deduplicated"`
	InJournal    uint64 `json:"in_journal"`
	DeadLetter   uint64 `json:"dead_letter"`
}

func (p *process) ingest() (ingest, error) {
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Get(p.control + "/api/status")
	if err != nil {
		return ingest{}, err
	}
	defer answer.Body.Close()
	var s struct {
		Ingest map[string]ingest `json:"ingest"`
	}
	err = json.NewDecoder(answer.Body).Decode(&s)
	return s.Ingest["traces"], err
}
