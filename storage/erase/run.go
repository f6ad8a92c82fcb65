package erase

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// Run deletes what was asked for, until ctx ends. What an earlier run has begun is gone on with: looking for what is left finds it.
func (e *Eraser) Run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := time.Hour
		e.mu.Lock()
		list := append([]Deletion(nil), e.list...)
		e.mu.Unlock()
		for _, d := range list {
			if d.State == Done {
				continue
			}
			err := e.step(ctx, d)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				wait = min(wait, tryAgain)
				e.cfg.Log.Warn("a deletion is not done yet: trying again", "id", d.ID, "error", err)
				_ = e.update(d.ID, func(d *Deletion) { d.Error = err.Error() })
			} else if d.Hidden != nil || e.cleaning(d.ID) {
				wait = min(wait, e.cfg.Every)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-e.kick:
		}
		timer.Stop()
	}
}

func (e *Eraser) cleaning(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.list {
		if d.ID == id {
			return d.State == Cleaning
		}
	}
	return false
}

// step brings a deletion on: to where no query finds the rows, or to where no file holds them.
func (e *Eraser) step(ctx context.Context, d Deletion) error {
	if d.Hidden != nil {
		n, err := e.store.oldParts(ctx, d.Hidden.Add(time.Second)) // the engine's clock of parts has whole seconds
		if err != nil || n > 0 {
			return err
		}
		e.cfg.Log.Info("deleted for good", "id", d.ID, "spans", d.Spans, "logs", d.Logs)
		return e.update(d.ID, func(d *Deletion) { now := time.Now().UTC(); d.State, d.Error, d.Gone = Done, "", &now })
	}
	before, err := e.cfg.Settled(ctx)
	if err != nil {
		return err
	}
	if err := e.update(d.ID, func(d *Deletion) { d.State = Deleting }); err != nil {
		return err
	}
	if d.TraceID != "" {
		err = e.one(ctx, d, before)
	} else {
		err = e.matching(ctx, d, before)
	}
	if err != nil {
		return err
	}
	return e.update(d.ID, func(d *Deletion) {
		now := time.Now().UTC()
		d.State, d.Error, d.Hidden = Cleaning, "", &now
	})
}

func (e *Eraser) one(ctx context.Context, d Deletion, before batch.ID) error {
	id, err := traces.ParseTraceID(d.TraceID)
	if err != nil {
		return fmt.Errorf("read a deletion: %w", err)
	}
	return e.drop(ctx, d, []traces.TraceID{id}, before)
}

// matching deletes in pieces: what was deleted is not found again.
func (e *Eraser) matching(ctx context.Context, d Deletion, before batch.ID) error {
	expr, err := filter.Parse(d.Filter)
	if err != nil {
		return fmt.Errorf("read a deletion: %w", err)
	}
	for {
		if err := e.wait(ctx, d.ID); err != nil {
			return err
		}
		found, err := e.cfg.Traces.Matching(ctx, d.Project, traces.Range{From: d.From, To: d.To}, expr, before, e.cfg.Chunk)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			break
		}
		if err := e.drop(ctx, d, found, before); err != nil {
			return err
		}
	}
	for {
		found, err := e.cfg.Logs.Matching(ctx, d.Project, d.From, d.To, expr, before, e.cfg.Chunk)
		if err != nil || len(found) == 0 {
			return err
		}
		n, err := e.store.remove(ctx, d.Project, "logs", byRecord, records(found), before, mark(d.ID))
		if err == nil {
			err = e.update(d.ID, func(d *Deletion) { d.Logs += n })
		}
		if err == nil {
			err = e.wait(ctx, d.ID)
		}
		if err != nil {
			return err
		}
	}
}

func mark(id string) string { return "deletion " + id }

// drop deletes traces: what stands beside the spans first.
func (e *Eraser) drop(ctx context.Context, d Deletion, found []traces.TraceID, before batch.ID) error {
	of := ids(found)
	var records uint64
	for _, table := range beside {
		n, err := e.store.remove(ctx, d.Project, table, byTrace, of, before, mark(d.ID))
		if err != nil {
			return err
		}
		if table == "logs" {
			records = n
		}
	}
	if err := e.wait(ctx, d.ID); err != nil {
		return err
	}
	spans, err := e.store.remove(ctx, d.Project, "spans", byTrace, of, before, mark(d.ID))
	if err != nil {
		return err
	}
	err = e.update(d.ID, func(d *Deletion) {
		if d.Spans, d.Logs = d.Spans+spans, d.Logs+records; spans > 0 {
			d.Traces += uint64(len(found))
		}
	})
	if err != nil {
		return err
	}
	return e.wait(ctx, d.ID)
}

// wait returns when the engine has done all that it was told for a deletion.
func (e *Eraser) wait(ctx context.Context, id string) error {
	const patience = 10 * time.Minute
	for deadline := time.Now().Add(patience); ; {
		n, reason, err := e.store.running(ctx, mark(id))
		if err != nil || n == 0 {
			return err
		}
		if reason != "" && time.Now().After(deadline) {
			return errors.New("the engine can't delete: " + strings.TrimSpace(reason))
		}
		timer := time.NewTimer(min(e.cfg.Every, 200*time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}
