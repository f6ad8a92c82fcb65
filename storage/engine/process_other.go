//go:build !linux

package engine

import "syscall"

// childAttributes keep a terminal's Ctrl-C from the child. There is no death signal here: the closing pipe ends it.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func machineMemory() int64 { return 0 }
