package canary_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/canary"
	"github.com/sightline/sightline/canary/api"
	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
	"github.com/sightline/sightline/storage/storagetest/port"
)

// The program that all tests of this package look at, and the folder that it and its data are in.
var (
	binary  string
	page    string
	otlp    string
	otlpRPC string
)

func TestMain(m *testing.M) {
	code, err := withProgram(m.Run)
	http.DefaultClient.CloseIdleConnections()
	if err == nil && code == 0 {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withProgram builds ./sightline, starts it, and stops it after the tests.
func withProgram(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "sightline-canary-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "sightline")
	build := exec.Command("go", "build", "-o", binary, "..")
	build.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false "+os.Getenv("GOFLAGS"))
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	addresses, release, err := port.Hold(3)
	if err != nil {
		return 1, err
	}
	defer release()
	page, otlp, otlpRPC = "http://"+addresses[0], "http://"+addresses[1], "http://"+addresses[2]
	log := &bytes.Buffer{}
	cmd := exec.Command(binary) // in this folder, from where it finds the engine's library
	// X-Ray's own address is this machine's one of it: whoever else runs the program here has it.
	cmd.Env = append(os.Environ(), "SIGHTLINE_XRAY_UDP=", "SIGHTLINE_XRAY_TCP=", "SIGHTLINE_DATA_DIR="+filepath.Join(dir, "data"), "SIGHTLINE_LISTEN="+addresses[0],
		"SIGHTLINE_OTLP_HTTP="+addresses[1], "SIGHTLINE_OTLP_GRPC="+addresses[2])
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		if ended := cmd.Wait(); (ended != nil || code != 0) && err == nil {
			fmt.Fprintf(os.Stderr, "the program ended: %v\n%s", ended, log)
		}
	}()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get(page + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return run(), nil
			}
		}
		if time.Now().After(deadline) {
			return 1, errors.New("the program is not ready after a minute")
		}
	}
}

// command runs `sightline canary ...` and gives its report and status.
func command(t *testing.T, args ...string) (r *report.Report, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append(args, "--url", page, "--json", "--quiet")...)
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r = &report.Report{}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return r, cmd.ProcessState.ExitCode()
}

func TestCanaryFindsAllThatItWrote(t *testing.T) {
	for protocol, endpoint := range map[string]string{"http": otlp, "grpc": otlpRPC} {
		log := filepath.Join(t.TempDir(), "log")
		r, status := command(t, "canary", "--endpoint", endpoint, "--protocol", protocol, "--count", "3", "--interval", "100ms", "--wait", "2m", "--log", log)
		if status != 0 || !r.Good || len(r.Problems) > 0 {
			t.Fatalf("%s: status %d: %+v", protocol, status, r.Examples)
		}
		for _, s := range r.Signals {
			if s.Sent != 3 || s.Acknowledged != 3 || s.Checked != 3 || s.FreshP50 <= 0 || s.FreshP99 < s.FreshP50 {
				t.Errorf("%s: %+v", protocol, s)
			}
		}
		for _, a := range r.APIs {
			if a.NotServed || a.Checks == 0 || a.Problems > 0 {
				t.Errorf("%s: %+v", protocol, a)
			}
		}
		if len(r.APIs) != 17 {
			t.Errorf("%s: %d APIs are looked at", protocol, len(r.APIs))
		}
		if r, status := command(t, "canary", "verify", "--log", log); status != 0 || r.Signals[0].Checked != 3 {
			t.Errorf("%s: verify: status %d: %+v", protocol, status, r.Examples)
		}
	}
}

// liar is a log that claims what a test has not quite done.
type liar struct {
	t    *testing.T
	run  content.Run
	path string
}

func newLiar(t *testing.T) *liar {
	l := &liar{t, content.Run{Seed: "liar " + t.Name(), Interval: time.Second}, filepath.Join(t.TempDir(), "log")}
	l.line(map[string]any{"canary": 1, "seed": l.run.Seed, "interval_ns": l.run.Interval})
	return l
}

func (l *liar) line(v any) {
	l.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		l.t.Fatal(err)
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		l.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(append(text, '\n')); err != nil {
		l.t.Fatal(err)
	}
}

// minutesAgo is a round in the middle of a minute that no other test sends into: the first figures of a minute come after 15 seconds, the
// next only a minute later.
func (l *liar) minutesAgo(n int) int64 {
	return l.run.Next(time.Now().Truncate(time.Minute).Add(30*time.Second - time.Duration(n)*time.Minute))
}

// claim says that all of a round was acknowledged.
func (l *liar) claim(seq int64) {
	l.t.Helper()
	for _, s := range []string{"traces", "logs", "metrics"} {
		l.line(map[string]any{"seq": seq, "signal": s, "state": "acked"})
	}
}

// send delivers a request.
func (l *liar) send(signal string, m proto.Message) {
	l.t.Helper()
	body, err := proto.Marshal(m)
	if err != nil {
		l.t.Fatal(err)
	}
	answer, err := http.Post(otlp+"/v1/"+signal, "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || len(text) > 0 {
		l.t.Fatalf("%s: %s %q %v", signal, answer.Status, text, err)
	}
}

func (l *liar) honest(seq int64) {
	l.t.Helper()
	l.send("traces", l.run.Traces(seq))
	l.send("logs", l.run.Logs(seq))
	l.send("metrics", l.run.Metrics(seq))
}

// settled waits until everything that was sent is stored.
func settled(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var status struct {
			Ingest map[string]struct {
				InJournal int `json:"in_journal"`
			}
		}
		get(t, "/api/status", &status)
		left := 0
		for _, s := range status.Ingest {
			left += s.InJournal
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d items are not stored", left)
		}
	}
}

// figures is how long a minute's figures may take on the slowest machine.
const figures = 5 * time.Minute

// verify looks for what the log claims, without patience for what is not there, but perhaps for the figures by the minute to come right.
func (l *liar) verify(mapWait time.Duration) *report.Report {
	l.t.Helper()
	settled(l.t)
	r, err := canary.Verify(l.t.Context(), canary.VerifyConfig{Target: api.Target{URL: page}, LogFile: l.path, MapWait: mapWait}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// verifyCounted looks once everything of the round's minute is in its figures, also what should not be there: the service that is asked
// first has so many requests, and so many came to it. A minute's first figures may be made before its last span is stored; the next are
// a minute later.
func (l *liar) verifyCounted(seq int64, requests float64) *report.Report {
	l.t.Helper()
	settled(l.t)
	minute := l.run.At(seq).Truncate(time.Minute)
	params := url.Values{"from": {minute.Format(time.RFC3339)}, "to": {minute.Add(time.Minute).Format(time.RFC3339)}, "env": {content.Env}}
	web, _ := l.run.Services()
	for deadline := time.Now().Add(figures); ; time.Sleep(200 * time.Millisecond) {
		var answer struct {
			Nodes []struct {
				ID, Kind, Name string
				Stats          struct{ Requests float64 }
			}
			Edges []struct {
				Target string
				Stats  struct{ Requests float64 }
			}
		}
		get(l.t, "/api/map?"+params.Encode(), &answer)
		node, edges := 0.0, 0.0
		for _, n := range answer.Nodes {
			if n.Kind != "service" || n.Name != web {
				continue
			}
			node = n.Stats.Requests
			for _, e := range answer.Edges {
				if e.Target == n.ID {
					edges += e.Stats.Requests
				}
			}
		}
		if node == requests && edges == requests {
			return l.verify(0)
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%s has %v requests and %v came to it, want %v", web, node, edges, requests)
		}
	}
}

// get reads an answer of the program's API.
func get(t *testing.T, path string, into any) {
	t.Helper()
	answer, err := http.Get(page + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", path, answer.Status, text, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// want is that a category was found by these APIs, and status 1.
func want(t *testing.T, r *report.Report, c report.Category, apis ...string) {
	t.Helper()
	if r.ExitCode() != 1 || r.Problems[c] == 0 {
		t.Errorf("%s is not found: status %d, %v", c, r.ExitCode(), r.Problems)
	}
	for _, api := range apis {
		found := false
		for _, f := range r.Examples {
			found = found || f.Category == c && f.API == api
		}
		if !found {
			t.Errorf("%s is not found by %s: %v", c, api, r.Examples)
		}
	}
}

// none is that a category was not found.
func none(t *testing.T, r *report.Report, categories ...report.Category) {
	t.Helper()
	for _, c := range categories {
		for _, f := range r.Examples {
			if f.Category == c {
				t.Errorf("found without reason: %v", f)
			}
		}
	}
}
