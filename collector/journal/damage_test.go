package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/sightline/sightline/collector/journal"
)

// copyDir is the folder as a crash at this moment would leave it.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(out, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return out
}

func segments(t testing.TB, dir string) []string {
	t.Helper()
	out, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func bodies(entries []journal.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		b.Write(e.Record.Body[:min(11, len(e.Record.Body))])
		b.WriteByte(' ')
	}
	return b.String()
}

func TestTornTailIsCutAtEveryLength(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir, Codec: journal.CodecNone})
	ends := []int64{64}
	for i := range 6 {
		ends = append(ends, add(t, j, data(j, 1, body(i, 50*i))).Offset)
	}
	crashed := copyDir(t, dir)
	whole, err := os.ReadFile(segments(t, crashed)[0])
	if err != nil {
		t.Fatal(err)
	}
	for size := 0; size <= len(whole); size += 1 + size%5 {
		if err := os.WriteFile(filepath.Join(crashed, "0000000000000001.seg"), whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		k := open(t, journal.Config{Dir: crashed, Create: new(badDisk).create})
		want := 0
		for want+1 < len(ends) && ends[want+1] <= int64(size) {
			want++
		}
		got := readAll(t, k, journal.Position{})
		if len(got) != want {
			t.Fatalf("cut at %d: %d records, want %d", size, len(got), want)
		}
		if st := k.Stats(); st.CorruptUnits != 0 || size >= 64 && st.TornBytes != int64(size)-ends[want] {
			t.Fatalf("cut at %d: %+v", size, st)
		}
		add(t, k, data(k, 1, body(9, 1)))
		k.Close()
		for _, f := range segments(t, crashed) {
			os.Remove(f)
		}
	}
}

// TestTornGroupKeepsWhatIsWhole: of a group that was never acknowledged some pages reach the disk and some do not.
func TestTornGroupKeepsWhatIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var crashed string
	var armed atomic.Bool
	arrived, gate := make(chan struct{}), make(chan struct{})
	j := open(t, journal.Config{Dir: dir, Failpoint: func(name string) {
		switch name {
		case journal.FailWriteBefore:
			if armed.Load() {
				arrived <- struct{}{}
				<-gate
			}
		case journal.FailWriteAfter:
			if armed.Load() {
				crashed = copyDir(t, dir) // the second time it is the group of four
			}
		}
	}})
	add(t, j, data(j, 1, body(0, 100)))
	first := add(t, j, data(j, 1, body(1, 100)))
	armed.Store(true)
	var wg sync.WaitGroup
	write := func(i int) {
		wg.Go(func() { j.Append(context.Background(), data(j, 1, body(2+i, 100))) })
	}
	write(0)
	<-arrived // a group of one
	for i := range 4 {
		write(1 + i)
	}
	eventually(t, "four wait behind the first", func() bool { return j.Queued() == 4 })
	gate <- struct{}{}
	<-arrived // the four
	gate <- struct{}{}
	wg.Wait()
	path := segments(t, crashed)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	record := int(first.Offset-64) / 2
	group := int(first.Offset) + record
	clear(whole[group+record : group+2*record]) // the second of the four
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		k := open(t, journal.Config{Dir: crashed})
		if got := readAll(t, k, journal.Position{}); len(got) != 6 {
			t.Errorf("%d records: %s", len(got), bodies(got))
		}
		if st := k.Stats(); st.CorruptUnits != 0 {
			t.Errorf("a torn group was taken for damage: %+v", st)
		}
		k.Close()
	}
}

func TestDamageInTheMiddleIsNamedAndTheRestReplays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir, SegmentBytes: 2 << 10, Codec: journal.CodecNone})
	var ends []journal.Position
	for i := range 20 {
		ends = append(ends, add(t, j, data(j, 1, body(i, 300))))
	}
	j.Close()
	path := filepath.Join(dir, fmt.Sprintf("%016d.seg", ends[7].Segment))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[ends[7].Offset-100] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it has its new name
		k := open(t, journal.Config{Dir: dir, Codec: journal.CodecNone})
		got := readAll(t, k, journal.Position{})
		if len(got) != 19 || strings.Contains(bodies(got), "000007") {
			t.Errorf("%d records: %s", len(got), bodies(got))
		}
		if got[7].Gap == 0 || got[6].Gap != 0 {
			t.Errorf("the gap is not told: %d, %d bytes", got[6].Gap, got[7].Gap)
		}
		st := k.Stats()
		if want := fmt.Sprintf("%016d.quarantined", ends[7].Segment); len(st.Quarantined) != 1 || st.Quarantined[0] != want || st.CorruptUnits != 1 {
			t.Errorf("quarantined %q (%d), want %q", st.Quarantined, st.CorruptUnits, want)
		}
		k.Close()
	}
}

func TestFiveHundredFlipsLoseAtMostTheRecordTheyHit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir, SegmentBytes: 4 << 10, Codec: journal.CodecNone})
	const records = 40
	for i := range records {
		r := data(j, 3, body(i, 10*i))
		r.Rejected, r.Reasons = []uint32{1}, map[string]uint32{"ts_future": 1}
		add(t, j, r)
	}
	j.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	for flip := range 500 {
		crashed := copyDir(t, dir)
		files := segments(t, crashed)
		path := files[rnd.IntN(len(files))]
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := rnd.IntN(len(b))
		b[at] ^= 1 << rnd.IntN(8)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := journal.Open(journal.Config{Dir: crashed, Reserve: -1, Create: new(badDisk).create})
		if err != nil {
			if errors.Is(err, journal.ErrNewer) {
				t.Fatalf("flip %d: a flipped version passed its checksum", flip)
			}
			t.Fatalf("flip %d of %s at %d: %v", flip, path, at, err)
		}
		got := readAll(t, k, journal.Position{})
		lost := 0
		next := 0
		for i := range records {
			if next < len(got) && bytes.Equal(got[next].Record.Body, body(i, 10*i)) {
				next++
			} else {
				lost++
			}
		}
		if next != len(got) || lost > 1 {
			t.Errorf("flip %d of %s at %d: %d records lost, %d read: %s", flip, filepath.Base(path), at, lost, len(got), bodies(got))
		}
		st := k.Stats()
		if endMark := lost == 0 && st.TornBytes > 0; !endMark && (st.CorruptUnits != 1 || len(st.Quarantined) != 1) {
			t.Errorf("flip %d of %s at %d: not named: %+v", flip, filepath.Base(path), at, st)
		}
		add(t, k, data(k, 1, []byte("after")))
		k.Close()
		os.RemoveAll(crashed)
	}
}

// badDisk fails what it is told to.
type badDisk struct {
	syncs, writes, truncates atomic.Bool
}

type badFile struct {
	journal.File
	d *badDisk
}

func (d *badDisk) create(path string) (journal.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	return badFile{f, d}, err
}

func (f badFile) Sync() error {
	if f.d.syncs.Load() {
		return syscall.EIO
	}
	return nil
}

func (f badFile) WriteAt(p []byte, off int64) (int, error) {
	if f.d.writes.Load() {
		n, _ := f.File.WriteAt(p[:len(p)/2], off)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(p, off)
}

func (f badFile) Truncate(n int64) error {
	if f.d.truncates.Load() {
		return syscall.EIO
	}
	return f.File.Truncate(n)
}

func TestFailedSyncIsNeverAcknowledgedNorReadAgain(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"sync", "sync and truncate", "write", "write and truncate"} {
		disk := &badDisk{}
		dir := t.TempDir()
		j := open(t, journal.Config{Dir: dir, Create: disk.create})
		add(t, j, data(j, 1, body(0, 100)))
		disk.syncs.Store(strings.Contains(what, "sync"))
		disk.writes.Store(strings.Contains(what, "write"))
		disk.truncates.Store(strings.Contains(what, "truncate"))
		retried := data(j, 1, body(1, 100))
		for range 3 {
			if _, err := j.AppendOnce(context.Background(), retried); err == nil {
				t.Fatalf("%s: acknowledged", what)
			}
		}
		disk.syncs.Store(false)
		disk.writes.Store(false)
		disk.truncates.Store(false)
		if r, err := j.AppendOnce(context.Background(), retried); err != nil || r.Duplicate {
			t.Errorf("%s: after the disk came back: %+v, %v", what, r, err)
		}
		add(t, j, data(j, 1, body(2, 100)))
		want := bodies(readAll(t, j, journal.Position{}))
		if want != "body 000000 body 000001 body 000002 " {
			t.Errorf("%s: reads %q", what, want)
		}
		crashed := copyDir(t, dir)
		k := open(t, journal.Config{Dir: crashed})
		if got := bodies(readAll(t, k, journal.Position{})); got != want {
			t.Errorf("%s: after a crash reads %q", what, got)
		}
		k.Close()
		j.Close()
	}
}

func TestJournalOpensOnADiskThatTakesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir, Codec: journal.CodecNone})
	add(t, j, data(j, 1, body(0, 100)))
	j.Close()
	refuse := errors.New("read-only file system")
	broken := true
	k := open(t, journal.Config{Dir: dir, Create: func(path string) (journal.File, error) {
		if broken {
			return nil, refuse
		}
		return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	}})
	if _, err := k.Append(context.Background(), data(k, 1, body(1, 1))); !errors.Is(err, refuse) {
		t.Errorf("append gives %v", err)
	}
	broken = false
	add(t, k, data(k, 1, body(1, 1)))
	if got := bodies(readAll(t, k, journal.Position{})); got != "body 000000 body 000001 " {
		t.Errorf("reads %q", got)
	}
}

func TestFilesArePrivateAndOneProcessHoldsTheFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "journal")
	j := open(t, journal.Config{Dir: dir, Codec: journal.CodecNone})
	add(t, j, data(j, 1, body(0, 100)))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if info.Mode()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := journal.Open(journal.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another process holds it") {
		t.Errorf("second open: %v", err)
	}
}
