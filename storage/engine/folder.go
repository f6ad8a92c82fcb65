package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// longestSocket is what fits sun_path on every system that we build for (104 bytes on macOS, 108 on Linux, with the final NUL).
const longestSocket = 103

// listenAddress picks where the child of a folder listens: a socket inside the folder, in a new folder of the system's temporary
// one where the path would be too long, or a loopback port.
func listenAddress(dir string) (network, address string, err error) {
	if path := filepath.Join(dir, "engine.sock"); len(path) <= longestSocket {
		return "unix", path, nil
	}
	if probe := filepath.Join(os.TempDir(), "sightline-4294967295", "engine.sock"); len(probe) <= longestSocket {
		short, err := os.MkdirTemp("", "sightline-") // 0700
		if err != nil {
			return "", "", fmt.Errorf("make a folder for the engine's socket: %w", err)
		}
		return "unix", filepath.Join(short, "engine.sock"), nil
	}
	return "tcp", "127.0.0.1:0", nil
}

// removeSocket removes the socket and, where it is not in dir, the folder made for it.
func removeSocket(dir, address string) {
	os.Remove(address)
	if parent := filepath.Dir(address); parent != dir {
		os.Remove(parent)
	}
}

// lockFolder waits until no other child holds the folder, and holds it until the returned file is closed. The engine has a lock of its own
// but refuses at once and says so only on stderr.
func lockFolder(ctx context.Context, dir string, wait time.Duration) (*os.File, error) {
	path := filepath.Join(dir, "engine.lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the folder's lock: %w", err)
	}
	deadline := time.Now().Add(wait)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if time.Now().After(deadline) {
			holder, _ := os.ReadFile(path)
			f.Close()
			return nil, fmt.Errorf("the folder %s is in use by another instance (process %s)", dir, strings.TrimSpace(string(holder)))
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0) // for people; the lock is what counts
	}
	return f, nil
}
