package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.buf.String(), text)
}

// startOn runs a query role on a storage until the end of the test, and returns its log and how it ended.
func startOn(t *testing.T, storage string) (log *lines, stop func(), ended chan error) {
	t.Helper()
	config := DefaultConfig()
	config.DataDir, config.Listen, config.Storage.ClickHouse = t.TempDir(), "127.0.0.1:0", storage
	auth, err := OpenAuth(filepath.Join(config.DataDir, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	log, ended = &lines{}, make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { ended <- run(ctx, config, roleQuery, auth, slog.New(slog.NewTextHandler(log, nil))) }()
	return log, stop, ended
}

// TestStartWaitsForAStorageThatDoesNotAnswer: it may be the later one to start, or restart.
func TestStartWaitsForAStorageThatDoesNotAnswer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	address := gone.URL
	gone.Close()
	log, stop, ended := startOn(t, address+"/sightline")
	for deadline := time.Now().Add(time.Minute); !log.has("trying again"); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not say that it waits")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped while it waited: %v", err)
	}
}

// TestStartEndsWithAStorageThatRefuses: waiting does not mend a wrong password.
func TestStartEndsWithAStorageThatRefuses(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-ClickHouse-Exception-Code", "516")
		http.Error(w, "Code: 516. DB::Exception: default: Authentication failed (AUTHENTICATION_FAILED)", http.StatusForbidden)
	}))
	defer refuses.Close()
	_, stop, ended := startOn(t, refuses.URL+"/sightline")
	defer stop()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "Authentication failed") {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it still waits")
	}
}
