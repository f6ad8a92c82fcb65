package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/storage/upkeep"
)

// settleTime is how long dropping waits for batches that were cut under earlier settings; then it is tried again a minute later.
const settleTime = 20 * time.Second

// openKeeper makes who drops what is past its retention. It must be there before the loader: no row is written into a class that is
// not noted.
func (in *instance) openKeeper() error {
	path := filepath.Join(in.config.DataDir, "retention.state")
	state, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read retention state: %w", err)
	}
	in.keeper, err = upkeep.OpenKeeper(upkeep.KeeperConfig{
		Tables: in.upkeep, State: state, Save: func(data []byte) error { return replaceFile(path, data) },
		Settle: in.settle, Log: in.log.With("part", "retention"),
	})
	if err != nil {
		return err
	}
	kept := in.settings.Retention()
	return in.keeper.Set(kept.rules())
}

func (in *instance) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if err := in.loader.Drain(ctx); err != nil {
		return fmt.Errorf("wait for batches of earlier settings: %w", err)
	}
	return nil
}

// retain puts a retention into force: first it is noted who writes into which class, then new data is taken and written by it.
func (in *instance) retain(kept RetentionConfig) error {
	if err := in.keeper.Set(kept.rules()); err != nil {
		return err
	}
	in.collector.SetRetention(kept.limits())
	in.loader.SetPolicy(in.config.policy(&kept))
	in.rollup.SetRetention(kept.Rollups.Days())
	in.report.forget()
	return nil
}

// Retention is what is in force.
func (in *instance) Retention(context.Context) (query.RetentionView, error) {
	in.settings.mu.Lock()
	kept, set := in.settings.in, in.settings.file.Retention
	in.settings.mu.Unlock()
	v := in.settings.view(kept, set)
	v.Held = held(in.keeper.Status())
	return v, nil
}

// ChangeRetention puts settings into force, or only says what they would do.
func (in *instance) ChangeRetention(ctx context.Context, c query.RetentionChange, by string, dry bool) (query.RetentionView, error) {
	kept, err := in.settings.try(c)
	if err != nil {
		return query.RetentionView{}, err
	}
	drops, err := in.drops(ctx, kept)
	if err != nil {
		return query.RetentionView{}, err
	}
	if !dry {
		if err := in.settings.change(c, by, in.retain); err != nil {
			return query.RetentionView{}, err
		}
		if c.Approve {
			in.keeper.Approve()
		}
	}
	v := in.settings.view(kept, c.Set)
	v.Drops, v.Held = drops, held(in.keeper.Status())
	return v, nil
}

// drops are what a retention drops at once, by signal and class. What the one in force lets go anyway is in it, if it is still there.
func (in *instance) drops(ctx context.Context, kept RetentionConfig) ([]query.RetentionDrop, error) {
	old, keep, err := in.keeper.Plan(ctx, kept.rules())
	if err != nil {
		return nil, err
	}
	var out []query.RetentionDrop
	for _, p := range old {
		i := slices.IndexFunc(out, func(d query.RetentionDrop) bool { return d.Signal == p.Signal() && d.ClassDays == int(p.Class) })
		if i < 0 {
			i = len(out)
			out = append(out, query.RetentionDrop{Signal: p.Signal(), ClassDays: int(p.Class), KeepDays: int(keep(p.Signal(), p.Class)), Oldest: "9"})
		}
		d := &out[i]
		d.Partitions++
		d.Bytes += int64(p.Bytes)
		if upkeep.Main(p.Table) {
			d.Rows += int64(p.Rows)
		}
		d.Oldest = min(d.Oldest, p.Day.Format(time.DateOnly))
		d.Newest = max(d.Newest, p.End().AddDate(0, 0, -1).Format(time.DateOnly))
	}
	slices.SortFunc(out, func(a, b query.RetentionDrop) int {
		if by := strings.Compare(a.Signal, b.Signal); by != 0 {
			return by
		}
		return a.ClassDays - b.ClassDays
	})
	return out, nil
}

func held(s upkeep.KeeperStatus) (out []query.RetentionHeld) {
	for _, signal := range []string{upkeep.Traces, upkeep.Logs, upkeep.Metrics, upkeep.Rollups} {
		if h, is := s.Held[signal]; is {
			out = append(out, query.RetentionHeld{Signal: signal, Since: h.Since.UTC(), Partitions: h.Partitions, Bytes: int64(h.Bytes), Of: int64(h.Of)})
		}
	}
	return out
}
