//go:build linux

package chaos_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// volume is a disk of our own: an ext4 file system in a file, which can be cut off from its power and filled to the brim.
type volume struct {
	t       *testing.T
	image   string
	dir     string // where it is mounted
	ballast string // a file that takes all its room
}

// newVolume makes and mounts a volume of so many bytes. The test skips where it may not.
func newVolume(t *testing.T, size int64) *volume {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("skipped: mounting a file system needs root; run it with `sudo -E make chaos`")
	}
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		t.Skip("skipped: there are no loop devices here; `modprobe loop` brings them, a container needs --privileged")
	}
	for _, tool := range []string{"mkfs.ext4", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped: there is no %s here; `apt-get install e2fsprogs mount` brings it", tool)
		}
	}
	// Not under t.TempDir: it would be removed before what is mounted there is gone, and with it what is on the volume.
	at, err := os.MkdirTemp("", "sightline-volume-")
	if err != nil {
		t.Fatal(err)
	}
	v := &volume{t: t, image: filepath.Join(at, "image"), dir: filepath.Join(at, "disk")}
	v.ballast = filepath.Join(v.dir, "ballast")
	t.Cleanup(func() {
		if err := v.unmount(); err != nil {
			t.Errorf("unmount: %v", err)
			_ = unix.Unmount(v.dir, unix.MNT_DETACH) // it goes when the last process leaves it
		}
		if err := os.RemoveAll(at); err != nil {
			t.Error(err)
		}
	})
	if err := os.Mkdir(v.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(v.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(v.image, size); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", "-m", "0", v.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v: %s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", v.image, v.dir).CombinedOutput(); err != nil {
		t.Skipf("skipped: this machine does not let us mount (%v: %s); a container needs --privileged", err, out)
	}
	return v
}

// shutdownNoFlush is EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: from now on nothing reaches the disk, not even the journal
// of the file system, and everybody who tries gets EIO.
const (
	shutdown        = 0x8004587D
	shutdownNoFlush = 2
)

// cut takes the power away. What was not synced is gone.
func (v *volume) cut() {
	v.t.Helper()
	d, err := os.Open(v.dir)
	if err != nil {
		v.t.Fatal(err)
	}
	defer d.Close()
	if err := unix.IoctlSetPointerInt(int(d.Fd()), shutdown, shutdownNoFlush); err != nil {
		v.t.Fatalf("cut the power: %v", err)
	}
}

// remount is the power coming back; nobody may use the volume.
func (v *volume) remount() {
	v.t.Helper()
	if err := v.unmount(); err != nil {
		v.t.Fatalf("unmount: %v", err)
	}
	if out, err := exec.Command("mount", "-o", "loop", v.image, v.dir).CombinedOutput(); err != nil {
		v.t.Fatalf("mount again: %v: %s", err, out)
	}
}

// unmount waits for processes that are about to end.
func (v *volume) unmount() error {
	for deadline := time.Now().Add(patience(30 * time.Second)); ; {
		err := unix.Unmount(v.dir, 0)
		if err == nil || errors.Is(err, unix.EINVAL) || errors.Is(err, os.ErrNotExist) { // EINVAL: it is not mounted
			return nil
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// fill takes all the room that is left, and what becomes free meanwhile.
func (v *volume) fill() {
	v.t.Helper()
	f, err := os.OpenFile(v.ballast, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		v.t.Fatal(err)
	}
	defer f.Close()
	for size := 8 << 20; size >= 512; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, unix.ENOSPC) {
			size /= 2
		} else if err != nil {
			v.t.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil { // delayed allocation must not give it back later
		v.t.Logf("sync the ballast: %v", err)
	}
}

// release makes room again.
func (v *volume) release() {
	v.t.Helper()
	if err := os.Remove(v.ballast); err != nil {
		v.t.Fatal(err)
	}
}
