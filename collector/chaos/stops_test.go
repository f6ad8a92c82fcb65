//go:build linux

package chaos_test

import (
	"syscall"
	"testing"
	"time"
)

// outage is how long the engine is away at full rate.
func outage() time.Duration {
	if long() {
		return time.Minute
	}
	return 8 * time.Second
}

// TestAnEngineThatHangsHoldsNothingUp stops the engine under load: acknowledgements go on at full rate, and what waited is stored
// once it goes on. Then the program is asked to end while the engine hangs, which may not cost anything either.
func TestAnEngineThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.newProgram()
	began := time.Now()
	p := r.start("")
	listens := time.Since(began)
	r.moreAcknowledged(p, 20, 30*time.Second)
	r.client.hurry()
	before := r.client.spans()
	_, refusedBefore := r.client.answered()
	for _, d := range []time.Duration{5 * time.Second, outage()} {
		func() {
			pid := p.awaitEngine(t)
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }() // it may be dead
			hung := time.Now()
			r.moreAcknowledged(p, 20, d)
			p.diesWithin(d - time.Since(hung))
		}()
		r.hangs++
	}
	during := r.client.spans() - before
	if _, refused := r.client.answered(); refused != refusedBefore {
		t.Errorf("%d requests were refused while the engine hung", refused-refusedBefore)
	}
	t.Logf("%d spans acknowledged while the engine hung", during)
	r.client.calm()
	p.until(t, patience(time.Minute), "what waited is stored", func() bool {
		s, err := p.page()
		return err == nil && s.LagMS < 2000
	})

	pid := p.awaitEngine(t)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	r.moreAcknowledged(p, 20, heals)
	began = time.Now()
	if err := p.stop(); err != nil {
		t.Errorf("with its engine stopped: %v", err)
	}
	t.Logf("ended %v after SIGTERM, with its engine stopped", time.Since(began).Round(time.Millisecond))
	p.killAll()
	if syscall.Kill(pid, 0) == nil {
		t.Errorf("the engine that hung (process %d) is still there", pid)
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may end of itself
	}

	began = time.Now()
	p = r.start("")
	r.settleProgram(p, patience(2*time.Minute))
	r.report(uint64(r.client.spans()), listens, time.Since(began))
	r.stopAndVerify(p)
}

// TestASecondKillDuringRecovery kills the program, and again within half a second of its start.
func TestASecondKillDuringRecovery(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.newProgram()
	pairs := 2
	if long() {
		pairs = 50
	}
	for range pairs {
		p := r.start("")
		r.moreAcknowledged(p, 20, 30*time.Second)
		p.diesWithin(time.Duration(r.rnd.IntN(2500)) * time.Millisecond)
		p.kill()
		r.kills["parent"]++
		p = r.start("")
		p.diesWithin(time.Duration(r.rnd.IntN(500)) * time.Millisecond)
		p.kill()
		r.kills["during recovery"]++
	}
	began := time.Now()
	p := r.start("")
	listens := time.Since(began)
	r.settleProgram(p, patience(2*time.Minute))
	r.report(uint64(r.client.spans()), listens, time.Since(began))
	r.stopAndVerify(p)
}
