//go:build linux

package chaos_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/sample"
)

// TestADamagedPartIsNamed flips bits of a file of the spans: what reads it says which table it is and what to do, and so does the
// status page; what does not read it goes on.
func TestADamagedPartIsNamed(t *testing.T) {
	t.Parallel()
	r := newQuietRun(t)
	r.newProgram()
	p := r.start("")
	p.until(t, patience(30*time.Second), "it is ready", func() bool { _, err := p.page(); return err == nil })
	send := func(spans int) {
		t.Helper()
		body := sample.Request(rand.Uint64(), spans, time.Now())
		if got := post(t, p.otlp, bytes.NewReader(body), "Content-Type", "application/x-protobuf"); got.http != http.StatusOK {
			t.Fatalf("%+v", got)
		}
	}
	send(5000)
	p.until(t, patience(time.Minute), "they are stored", func() bool { s, err := p.ingest(); return err == nil && s.Stored == 5000 })
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	var largest string
	var size int64
	err := filepath.WalkDir(filepath.Join(r.dir, "engine"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".bin") {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Size() > size {
			largest, size = path, info.Size()
		}
		return err
	})
	if err != nil || size < 10_000 {
		t.Fatal(largest, size, err)
	}
	data, err := os.ReadFile(largest)
	if err != nil {
		t.Fatal(err)
	}
	for at := len(data) / 20; at < len(data); at += 512 { // so that whatever is read of it is hit
		data[at] ^= 0x10
	}
	if err := os.WriteFile(largest, data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %d bytes", largest, size)
	part := filepath.Base(filepath.Dir(largest))

	p = r.start("")
	p.until(t, patience(30*time.Second), "it is ready", func() bool { _, err := p.page(); return err == nil })
	err = p.get("/api/spans?limit=1000&from=now-1h&to=now", &struct{}{})
	if err == nil || !strings.Contains(err.Error(), "500") || !strings.Contains(err.Error(), "table spans") || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), "restore") {
		t.Errorf("reading says %v", err)
	}
	p.until(t, patience(10*time.Second), "the status page names it", func() bool {
		s, err := p.page()
		text := strings.Join(s.Warnings, " ")
		return err == nil && strings.Contains(text, "table spans") && strings.Contains(text, part) && strings.Contains(text, "restore")
	})
	send(10)
	p.until(t, patience(heals), "new spans are stored", func() bool { s, err := p.ingest(); return err == nil && s.Stored == 5010 })
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}
