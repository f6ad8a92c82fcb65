package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// ErrNoLibrary is returned where libchdb is not installed.
var ErrNoLibrary = errors.New("no library of the storage engine (libchdb): run `npm ci --prefix deploy/engine`, or name it in SIGHTLINE_ENGINE_LIB")

const libraryName = "libchdb.so"

// FindLibrary looks for libchdb: SIGHTLINE_ENGINE_LIB, beside the executable, what deploy/engine installed upward from the
// executable and from the working directory, and the system's folders.
func FindLibrary() (string, error) {
	if path := os.Getenv("SIGHTLINE_ENGINE_LIB"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("SIGHTLINE_ENGINE_LIB: %w: %w", err, ErrNoLibrary)
		}
		return filepath.Abs(path)
	}
	var candidates []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		candidates = append(candidates, filepath.Join(filepath.Dir(exe), libraryName))
		candidates = append(candidates, installedUpward(filepath.Dir(exe))...)
	}
	if cwd, err := os.Getwd(); err == nil {
		candidates = append(candidates, installedUpward(cwd)...)
	}
	for _, dir := range []string{"/usr/local/lib/sightline", "/usr/lib/sightline"} {
		candidates = append(candidates, filepath.Join(dir, libraryName))
	}
	i := slices.IndexFunc(candidates, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.Mode().IsRegular()
	})
	if i < 0 {
		return "", ErrNoLibrary
	}
	return candidates[i], nil
}

// installedUpward lists what npm put under deploy/engine of dir and of the folders that hold it.
func installedUpward(dir string) (found []string) {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	pattern := fmt.Sprintf("lib-%s-%s*", runtime.GOOS, arch)
	for {
		matches, _ := filepath.Glob(filepath.Join(dir, "deploy", "engine", "node_modules", "@chdb", pattern, libraryName))
		found = append(found, matches...)
		parent := filepath.Dir(dir)
		if parent == dir {
			return found
		}
		dir = parent
	}
}
