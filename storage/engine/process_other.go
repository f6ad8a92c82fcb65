//go:build !linux

package engine

import (
	"fmt"
	"os"
	"syscall"
)

// childAttributes keep a terminal's Ctrl-C from the child. There is no death signal here: the closing pipe ends it.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// scratchFile is an unlinked temporary file and a path by which the engine can open it.
func scratchFile() (*os.File, string, error) {
	f, err := os.CreateTemp("", "sightline-insert-")
	if err != nil {
		return nil, "", fmt.Errorf("make scratch file: %w", err)
	}
	os.Remove(f.Name())
	return f, fmt.Sprintf("/dev/fd/%d", f.Fd()), nil
}

func machineMemory() int64 { return 0 }
