//go:build linux

package chaos_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDamagedFilesLoseWhatTheyHeldAndNoMore flips bits and cuts files of a folder that was left by kill -9, with stored spans,
// spans that wait and a dead letter in it, and starts the program on it. It must start, or say in a sentence which file keeps it
// from that and what to do; it loses what the damage hit, and names that on the status page.
func TestDamagedFilesLoseWhatTheyHeldAndNoMore(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.client.keep = true
	pr := r.newProgram()
	r.leaveBehind()
	all := []struct {
		what  string
		times int // of 10, and of 500
		long  int
		do    func(d *damage)
	}{
		{"journal, a bit", 3, 250, func(d *damage) { d.journal(false) }},
		{"journal, cut", 1, 100, func(d *damage) { d.journal(true) }},
		{"loader state, a bit", 1, 70, func(d *damage) { d.state(false) }},
		{"loader state, cut", 1, 30, func(d *damage) { d.state(true) }},
		{"dead letters", 1, 20, func(d *damage) { d.deadLetters() }},
		{"engine, a bit of a part", 2, 30, func(d *damage) { d.part() }},
	}
	for _, kind := range all {
		n := kind.times
		if long() {
			n = kind.long
		}
		for i := range n {
			t.Run(fmt.Sprintf("%s %d", kind.what, i), func(t *testing.T) {
				d := &damage{t: t, run: r, program: *pr, rnd: r.rnd}
				d.copyFolder()
				kind.do(d)
			})
		}
	}
}

// leaveBehind makes the folder: a segment that is stored, two that wait, each the work of a process that was killed.
func (r *run) leaveBehind() {
	p := r.start("")
	r.moreAcknowledged(p, 30, 30*time.Second)
	p.until(r.t, patience(time.Minute), "something is stored", func() bool { s, err := p.ingest(); return err == nil && s.Stored > 100 })
	p.killAll()
	for range 2 {
		p = r.start("")
		p.awaitEngine(r.t)
		p.holdEngine()
		r.moreAcknowledged(p, 30, 30*time.Second)
		if r.kills["parent"]++; r.kills["parent"] == 2 {
			r.finish()
		}
		p.killAll()
	}
	letter := `{"time":"2026-01-01T00:00:00Z","reason":"engine_rejected","error":"test","signal":"traces","project":"default","received":"2026-01-01T00:00:00Z","items":0,"journal":"00","position":{"segment":1,"offset":1},"body":"AAAA"}` + "\n"
	if err := os.WriteFile(filepath.Join(r.dir, "dead_letters.jsonl"), []byte(letter), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// damage is one injured copy of the folder, and what comes of it.
type damage struct {
	t       *testing.T
	run     *run
	program program
	rnd     *rand.Rand
	logPath string
}

func (d *damage) copyFolder() {
	d.t.Helper()
	d.program.data = filepath.Join(d.t.TempDir(), "data")
	if out, err := exec.Command("cp", "-a", d.run.dir, d.program.data).CombinedOutput(); err != nil {
		d.t.Fatalf("copy: %v: %s", err, out)
	}
	d.logPath = filepath.Join(filepath.Dir(d.program.data), "log")
	log, err := os.Create(d.logPath)
	if err != nil {
		d.t.Fatal(err)
	}
	d.program.log = log
	d.t.Cleanup(func() {
		log.Close()
		if d.t.Failed() {
			d.t.Logf("the log ends:\n%s", logTail(d.logPath))
		}
	})
}

func (d *damage) path(name ...string) string {
	return filepath.Join(append([]string{d.program.data}, name...)...)
}

// flip changes a bit of a file, or cuts it, past its first bytes.
func (d *damage) flip(path string, past int, cut bool) {
	d.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	at := past + d.rnd.IntN(len(data)-past)
	d.t.Logf("%s at %d of %d, cut: %v", filepath.Base(path), at, len(data), cut)
	if cut {
		data = data[:at]
	} else {
		data[at] ^= 1 << d.rnd.IntN(8)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// journal hits a segment. Of a cut only the ones before the last are told: nobody knows how long the last one was.
func (d *damage) journal(cut bool) {
	segments, err := filepath.Glob(d.path("journal", "*.seg"))
	if err != nil || len(segments) < 3 {
		d.t.Fatalf("segments %q, %v", segments, err)
	}
	slices.Sort(segments)
	if cut {
		segments = segments[:len(segments)-1]
	}
	hit := segments[d.rnd.IntN(len(segments))]
	d.flip(hit, 0, cut)
	p := d.starts()
	lost := d.compare(p)
	if requests := d.requestsOf(lost); !cut && requests > 1 {
		d.t.Errorf("%d requests are lost to one bit", requests)
	}
	if len(lost) > 0 { // what is stored already is not read again, and not missed
		d.named(p, strings.TrimSuffix(filepath.Base(hit), ".seg"))
	}
}

func (d *damage) state(cut bool) {
	path := d.path("loader.state")
	before, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.flip(path, 0, cut)
	after, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	if len(after) < len(before)/2 { // no copy of it is whole
		if p := d.program.start(d.t, ""); p != nil && !p.diesWithin(patience(30*time.Second)) {
			d.t.Fatal("it runs on")
		}
		d.refuses("loader.state", "restore the file")
		return
	}
	p := d.starts()
	if lost := d.compare(p); len(lost) > 0 {
		d.t.Errorf("%d spans are lost to the loader's state, of which there are two", len(lost))
	}
	if log, err := os.ReadFile(d.logPath); err != nil || !strings.Contains(string(log), "loader.state") {
		d.t.Errorf("the log does not name loader.state (%v)", err)
	}
}

func (d *damage) deadLetters() {
	d.flip(d.path("dead_letters.jsonl"), 0, d.rnd.IntN(2) == 0)
	if lost := d.compare(d.starts()); len(lost) > 0 {
		d.t.Errorf("%d spans are lost to the dead letters", len(lost))
	}
}

// part hits a data file of the spans that are stored.
func (d *damage) part() {
	var files []string
	err := filepath.WalkDir(d.path("engine"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, ".bin") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		d.t.Fatalf("no parts: %v", err)
	}
	if d.rnd.IntN(2) == 0 { // else most would be of the catalog's small tables
		size := func(path string) int64 {
			info, err := os.Stat(path)
			if err != nil {
				d.t.Fatal(err)
			}
			return info.Size()
		}
		slices.SortFunc(files, func(a, b string) int { return int(size(b) - size(a)) })
		files = files[:min(len(files), 6)]
	}
	hit := files[d.rnd.IntN(len(files))]
	d.t.Log(hit)
	d.flip(hit, 0, false)
	const refusal = "clickhouse error" // which one says what the bit was of: the data, their checksum, a size
	p := d.program.start(d.t, "")
	if p == nil {
		d.refuses(filepath.Base(filepath.Dir(hit)), refusal)
		return
	}
	d.t.Cleanup(p.killAll)
	for deadline := time.Now().Add(patience(time.Minute)); ; {
		if p.diesWithin(20 * time.Millisecond) {
			d.refuses(filepath.Base(filepath.Dir(hit)), refusal)
			return
		}
		if s, err := p.ingest(); err == nil && s.Stored > 0 && s.InJournal == 0 {
			break
		}
		if time.Now().After(deadline) {
			d.t.Fatal("what waited is not stored")
		}
	}
	// What is damaged is noticed when it is read: then the answer is an error, and never one that leaves spans out in silence.
	if _, err := d.storedSpans(p); err != nil {
		d.t.Logf("reading says: %.300v", err)
	} else if lost := d.compare(p); len(lost) > 0 {
		d.t.Errorf("%d spans are left out in silence", len(lost))
	}
	c := newClient()
	body, ids := request(d.rnd, 3)
	before, err := p.ingest()
	if err != nil || !c.post(d.t.Context(), p.otlp, body, len(ids)) {
		d.t.Fatalf("after the damage a request is not acknowledged: %v", err)
	}
	p.until(d.t, patience(heals), "a new request is stored", func() bool {
		s, err := p.ingest()
		return err == nil && s.Stored == before.Stored+uint64(len(ids))
	})
}

// starts runs the program, and waits until it has stored what waited.
func (d *damage) starts() *process {
	d.t.Helper()
	p := d.program.start(d.t, "")
	if p == nil {
		d.t.Fatal("it does not start")
	}
	d.t.Cleanup(p.killAll)
	p.until(d.t, patience(time.Minute), "what waited is stored", func() bool {
		s, err := p.ingest()
		return err == nil && s.Stored > 0 && s.InJournal == 0
	})
	return p
}

// refuses wants the words of a program that has ended by itself.
func (d *damage) refuses(words ...string) {
	d.t.Helper()
	log, err := os.ReadFile(d.logPath)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, w := range words {
		if !strings.Contains(string(log), w) {
			d.t.Errorf("it ended without saying %q", w)
		}
	}
}

// named wants the damage in the log and on the status page.
func (d *damage) named(p *process, name string) {
	d.t.Helper()
	log, err := os.ReadFile(d.logPath)
	if err != nil {
		d.t.Fatal(err)
	}
	if !strings.Contains(string(log), name) {
		d.t.Errorf("the log does not name %s", name)
	}
	if strings.Contains(string(log), "journal's tail was torn") {
		return // the last group of all: nobody can tell its damage from a write that was cut off, and never acknowledged
	}
	s, err := p.page()
	if err != nil {
		d.t.Fatal(err)
	}
	if !strings.Contains(fmt.Sprint(s.Warnings), name) {
		d.t.Errorf("the status page does not name %s: %q", name, s.Warnings)
	}
}

// storedSpans reads every span through the API: how often each is there.
func (d *damage) storedSpans(p *process) (map[string]int, error) {
	stored := map[string]int{}
	for cursor := ""; ; {
		var found struct {
			Spans []struct {
				TraceID string `json:"trace_id"`
				SpanID  string `json:"span_id"`
			} `json:"spans"`
			NextCursor *string `json:"next_cursor"`
		}
		if err := p.get("/api/spans?limit=1000&from=now-3d&to=now&cursor="+url.QueryEscape(cursor), &found); err != nil {
			return nil, err
		}
		for _, s := range found.Spans {
			stored[s.TraceID+s.SpanID]++
		}
		if found.NextCursor == nil {
			return stored, nil
		}
		cursor = *found.NextCursor
	}
}

// compare returns the spans that are lost; none may be there twice or unknown.
func (d *damage) compare(p *process) (lost []string) {
	d.t.Helper()
	stored, err := d.storedSpans(p)
	if err != nil {
		d.t.Fatal(err)
	}
	for id := range d.run.client.acked {
		if stored[id] == 0 {
			lost = append(lost, id)
		}
	}
	for id, n := range stored {
		if n > 1 || !d.run.client.acked[id] {
			d.t.Errorf("span %s is there %d times; acknowledged: %v", id, n, d.run.client.acked[id])
		}
	}
	d.t.Logf("of %d spans %d are lost", len(d.run.client.acked), len(lost))
	return lost
}

// requestsOf is to how many requests the spans belong.
func (d *damage) requestsOf(ids []string) int {
	n := 0
	for _, request := range d.run.client.log {
		if slices.ContainsFunc(request, func(id string) bool { return slices.Contains(ids, id) }) {
			n++
		}
	}
	return n
}
