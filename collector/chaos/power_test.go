//go:build linux

package chaos_test

import (
	"path/filepath"
	"testing"
	"time"
)

// TestPowerCutsLoseNothingAcknowledged takes the power from the disk that the whole data folder is on, while clients send: what was
// not synced is lost, as on a real machine. SIGHTLINE_CHAOS=long cuts it a hundred times, also during recovery.
func TestPowerCutsLoseNothingAcknowledged(t *testing.T) {
	t.Parallel()
	v := newVolume(t, 2<<30)
	r := newRun(t)
	r.dir = filepath.Join(v.dir, "data")
	r.newProgram("SIGHTLINE_INGEST_DISK_RESERVE=16MiB")
	cuts := 2
	if long() {
		cuts = 100
	}
	for cut := range cuts {
		p := r.start("")
		if early := cut > 0 && r.rnd.IntN(3) == 0; !early {
			r.moreAcknowledged(p, 20, 30*time.Second)
		}
		p.diesWithin(time.Duration(r.rnd.IntN(3000)) * time.Millisecond)
		// While EXT4_IOC_SHUTDOWN works, for 20 ms, a sync that is under way may succeed and leave its extents unwritten; on a machine
		// without power nobody would live to tell a client. So nothing of ours is in the kernel at that moment.
		p.freeze(t)
		v.cut()
		p.thaw()
		p.diesWithin(time.Duration(r.rnd.IntN(300)) * time.Millisecond) // it runs on a dead disk, and may acknowledge nothing
		p.killAll()
		v.remount()
		r.kills["power"]++
	}
	began := time.Now()
	p := r.start("")
	listens := time.Since(began)
	r.settleProgram(p, patience(3*time.Minute))
	r.report(uint64(r.client.spans()), listens, time.Since(began))
	r.stopAndVerify(p)
}
