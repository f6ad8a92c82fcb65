package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/bench/proc"
)

// instanceStatus is the part of /api/status that the report needs.
type instanceStatus struct {
	Ingest map[string]struct {
		Stored     int64 `json:"stored"`
		InJournal  int64 `json:"in_journal"`
		DeadLetter int64 `json:"dead_letter"`
	} `json:"ingest"`
}

func (s *server) status(ctx context.Context) (st instanceStatus, err error) {
	return st, s.get(ctx, "/api/status", &st)
}

// waitStored waits until so many items of each signal are stored, on top of those before.
func (s *server) waitStored(ctx context.Context, before instanceStatus, sent map[string]int) error {
	deadline := time.Now().Add(15 * time.Minute)
	for time.Now().Before(deadline) {
		st, err := s.status(ctx)
		if err != nil {
			return err
		}
		waiting := false
		for signal, n := range sent {
			now, old := st.Ingest[signal], before.Ingest[signal]
			if now.InJournal > 0 || now.Stored-old.Stored < int64(n) && now.DeadLetter == old.DeadLetter {
				waiting = true
			} else if now.Stored-old.Stored != int64(n) || now.DeadLetter != old.DeadLetter {
				return fmt.Errorf("sent %d items of %s, but %d are stored and %d are dead letters", n, signal, now.Stored-old.Stored, now.DeadLetter-old.DeadLetter)
			}
		}
		if !waiting {
			return nil
		}
		if err := pause(ctx, 250*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("not everything was stored within 15 minutes: sent %v", sent)
}

// settle waits until nothing is loaded, merged or summed up: every rollup is final, and the program has been quiet for five seconds.
func (s *server) settle(ctx context.Context) error {
	deadline := time.Now().Add(15 * time.Minute)
	for time.Now().Before(deadline) {
		if err := s.quiet(ctx, 5*time.Second); err != nil {
			return err
		}
		dirty, err := s.dirtyMinutes(ctx)
		if err != nil {
			return err
		}
		if dirty == 0 {
			return nil
		}
	}
	return fmt.Errorf("rollups were not final after 15 minutes")
}

// table is what a table takes, as /api/status/storage tells it.
type table struct {
	Table  string `json:"table"`
	Signal string `json:"signal"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	Parts  int64  `json:"parts"`
}

// storage is what the tables take now: the status may tell figures that are half a minute old, and is then asked again.
func (s *server) storage(ctx context.Context) ([]table, error) {
	asked := time.Now()
	for {
		var st struct {
			Computed time.Time `json:"computed"`
			Tables   []table   `json:"tables"`
		}
		if err := s.get(ctx, "/api/status/storage", &st); err != nil {
			return nil, err
		}
		if st.Computed.After(asked) {
			s.weighed = st.Tables
			return st.Tables, nil
		}
		if time.Since(asked) > 2*time.Minute {
			return nil, fmt.Errorf("the figures about storage are of %s and do not get newer", st.Computed)
		}
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// bytesOf adds up the tables of a signal; those of traces are theirs and the rollups, which are made of nothing else.
func bytesOf(tables []table, signal string) (sum int64) {
	for _, t := range tables {
		if t.Signal == signal || signal == traces && t.Signal == "rollups" {
			sum += t.Bytes
		}
	}
	return sum
}

// watchMemory looks at the program's memory twice a second; the returned function ends that and gives the highest. It may be called
// again.
func watchMemory(ctx context.Context, t proc.Tree) func() float64 {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	highest := 0.0
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if now, err := t.Memory(); err == nil {
				highest = max(highest, now)
			}
			_ = pause(ctx, 500*time.Millisecond)
		}
	}()
	return func() float64 { cancel(); <-done; return highest }
}

// dirtyMinutes is how many minutes' rollups will be computed again.
func (s *server) dirtyMinutes(ctx context.Context) (int, error) {
	const name = "\nsightline_rollup_minutes_pending "
	text, err := s.fetch(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(text), name)
	if !ok {
		return 0, fmt.Errorf("/metrics has no%s", name)
	}
	value, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(value, 64)
	return int(n), err
}
