package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropCache asks the system to forget what it keeps of a file.
func dropCache(f *os.File) error { return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
