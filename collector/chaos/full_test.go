//go:build linux

package chaos_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// heals is how soon everything goes on by itself once there is room again.
const heals = 10 * time.Second

func cycles() int {
	if long() {
		return 20
	}
	return 1
}

// TestAFullDiskRefusesAndHeals fills the disk of the whole data folder while clients send.
func TestAFullDiskRefusesAndHeals(t *testing.T) {
	t.Parallel()
	v := newVolume(t, 512<<20)
	r := newRun(t)
	r.dir = filepath.Join(v.dir, "data")
	reserve := "1"
	if r.rnd.IntN(2) == 0 {
		reserve = "16MiB"
	}
	t.Logf("the reserve is %s", reserve)
	r.newProgram("SIGHTLINE_INGEST_DISK_RESERVE=" + reserve)
	began := time.Now()
	p := r.start("")
	listens := time.Since(began)
	p.until(t, patience(30*time.Second), "something is stored", p.stores) // the tables are made on a disk with room
	for range cycles() {
		r.moreAcknowledged(p, 50, 30*time.Second)
		v.fill()
		_, before := r.client.answered()
		p.until(t, patience(30*time.Second), "100 requests are refused", func() bool {
			v.fill() // merges and the retry window make room
			_, now := r.client.answered()
			return now > before+100
		})
		v.release()
		r.moreAcknowledged(p, 5, heals)
		r.kills["full disk"]++
	}
	r.settleProgram(p, patience(time.Minute))
	r.report(uint64(r.client.spans()), listens, time.Since(began))
	r.stopAndVerify(p)
}

// TestAFullEngineDiskHoldsNothingUp fills the disk of the engine's folder alone: acknowledgements go on, into the journal.
func TestAFullEngineDiskHoldsNothingUp(t *testing.T) {
	t.Parallel()
	v := newVolume(t, 512<<20)
	r := newRun(t)
	r.dir = filepath.Join(r.dir, "data")
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(v.dir, "engine"), filepath.Join(r.dir, "engine")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(v.dir, "engine"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.newProgram("SIGHTLINE_INGEST_DISK_RESERVE=1")
	began := time.Now()
	p := r.start("")
	listens := time.Since(began)
	p.until(t, patience(30*time.Second), "something is stored", p.stores) // the tables are made on a disk with room
	for range cycles() {
		r.moreAcknowledged(p, 50, 30*time.Second)
		v.fill()
		p.until(t, patience(30*time.Second), "nothing is stored any more", func() bool {
			v.fill()
			s, err := p.page()
			return err == nil && s.LagMS > 3000
		})
		_, before := r.client.answered()
		r.moreAcknowledged(p, 100, heals)
		if _, now := r.client.answered(); now != before {
			t.Errorf("%d requests are refused while only the engine's disk is full", now-before)
		}
		v.release()
		p.until(t, patience(heals), "the engine takes what waited", func() bool {
			s, err := p.page()
			return err == nil && s.LagMS < 2000
		})
		r.kills["full engine disk"]++
	}
	r.settleProgram(p, patience(time.Minute))
	r.report(uint64(r.client.spans()), listens, time.Since(began))
	r.stopAndVerify(p)
}
