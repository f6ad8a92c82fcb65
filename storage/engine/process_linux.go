package engine

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes make the kernel kill the child when the thread that started it ends, and keep a terminal's Ctrl-C from it: the
// parent decides when it stops.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// freeBytes is what a disk has left for a user without privileges.
func freeBytes(dir string) (uint64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return fs.Bavail * uint64(fs.Bsize), nil
}

// machineMemory is the machine's in bytes; 0 when unknown.
func machineMemory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}
