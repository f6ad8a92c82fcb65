//go:build linux

package chaos_test

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestFailedSyncsAndWritesAreNeverAcknowledged lets the kernel answer some of the program's and its engine's syncs with EIO, and then
// some of their writes with ENOSPC, as a dying disk does: every fifth of a thread. What was acknowledged meanwhile is there, once.
// That a segment is given up after one failed sync is the journal's own test, TestFailedSyncIsNeverAcknowledgedNorReadAgain.
func TestFailedSyncsAndWritesAreNeverAcknowledged(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("skipped: there is no strace here, which makes syscalls fail; `apt-get install strace` brings it")
	}
	if out, err := exec.Command(strace, "-f", "-qq", "--seccomp-bpf", "-e", "inject=fdatasync:error=EIO:when=100", "true").CombinedOutput(); err != nil {
		t.Skipf("skipped: strace may not trace here (%v: %.200s); a container needs --cap-add SYS_PTRACE", err, out)
	}
	r := newRun(t)
	pr := r.newProgram()
	lives := 1
	if long() {
		lives = 10
	}
	p := r.start("") // the tables are made on a disk that works
	p.until(t, patience(30*time.Second), "something is stored", p.stores)
	p.killAll()
	began := time.Now()
	for i := range 2 * lives {
		fault := []string{"fdatasync,fsync:error=EIO:when=3+5", "pwrite64:error=ENOSPC:when=5+5"}[i%2]
		// -D: the program is our child, and strace a grandchild; it traces nothing but what it makes fail.
		pr.within = []string{strace, "-D", "-f", "-qq", "--seccomp-bpf", "-o", os.DevNull, "-e", "inject=" + fault}
		acked, refused := r.client.answered()
		if p = r.start(""); p == nil {
			t.Fatal("it does not listen") // the journal opens on any disk that can be read
		}
		for deadline := time.Now().Add(patience(30 * time.Second)); ; {
			nowAcked, nowRefused := r.client.answered()
			if nowAcked >= acked+60 && nowRefused > refused {
				break
			}
			if p.diesWithin(20 * time.Millisecond) {
				r.kills["of itself"]++ // it may not go on without what it could not write
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d acknowledged, %d refused", nowAcked-acked, nowRefused-refused)
			}
		}
		p.killAll()
		r.kills["dying disk"]++
	}
	pr.within = nil
	p = r.start("")
	r.settleProgram(p, patience(2*time.Minute))
	r.report(uint64(r.client.spans()), time.Since(began), time.Since(began))
	r.stopAndVerify(p)
}
