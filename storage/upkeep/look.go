package upkeep

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

const (
	// A drop of more than this share of a signal waits for a person where the clock can't be trusted.
	heldShare = 0.5
	// clockSlack is how far the clock may have moved against the one that does not jump, between two looks.
	clockSlack = time.Hour
	// offAtMost is how long the program may have been off and still believe its clock.
	offAtMost = 48 * time.Hour
	// lookAgain is when a look that failed is repeated.
	lookAgain = time.Minute
)

// Run looks and drops until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	for {
		wait := k.cfg.Every
		if err := k.look(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			k.cfg.Log.Warn("retention: trying again", "error", err)
			wait = lookAgain
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-k.kick:
			timer.Stop()
		}
	}
}

// look drops what is past its retention.
func (k *Keeper) look(ctx context.Context) error {
	err := k.drop(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status.Looked, k.status.Error = k.cfg.Now(), ""
	if err != nil {
		k.status.Error = err.Error()
	}
	return err
}

func (k *Keeper) drop(ctx context.Context) error {
	all, err := k.cfg.Tables.Partitions(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	now, elapsed := k.cfg.Now(), k.cfg.Elapsed()
	doubtful := !k.trusts(now, elapsed)
	k.last, k.looked = elapsed, true
	approved := k.approved
	k.approved = map[string]bool{} // one that is given meanwhile is for the next look
	rules, owners := k.state.Rules, k.state.Owners
	k.mu.Unlock()

	old := Expired(all, func(signal string, class uint16) uint16 { return keep(&rules, owners, signal, class) }, now)
	held := map[string]Held{}
	for signal, h := range shares(all, old) {
		k.mu.Lock()
		before, was := k.state.Held[signal]
		k.mu.Unlock()
		if approved[signal] || !(doubtful || was) || float64(h.Bytes) <= heldShare*float64(h.Of) {
			continue
		}
		if h.Since = now; was {
			h.Since = before.Since
		} else {
			k.cfg.Log.Error("retention would drop much of a signal at once, and the clock may be wrong: it waits for a person (Settings, Retention)",
				"signal", signal, "partitions", h.Partitions, "bytes", h.Bytes, "of", h.Of, "clock", now)
		}
		held[signal] = h
	}
	old = slices.DeleteFunc(old, func(p Partition) bool { _, is := held[p.Signal()]; return is })
	if len(old) > 0 && k.cfg.Settle != nil {
		if err := k.cfg.Settle(ctx); err != nil {
			return errors.Join(err, k.note(now, held, approved, all))
		}
	}
	for _, p := range old {
		if err := k.cfg.Tables.Drop(ctx, p); err != nil {
			return errors.Join(err, k.note(now, held, approved, all))
		}
		k.cfg.Log.Info("dropped what is past its retention", "table", p.Table, "partition", p.ID, "rows", p.Rows, "bytes", p.Bytes)
		k.mu.Lock()
		k.status.Dropped++
		k.status.DroppedBytes += p.Bytes
		k.mu.Unlock()
	}
	return k.note(now, held, nil, all)
}

// note writes down how a look ended: what is held, who no longer has rows in a class; approvals that were not used up hold on.
func (k *Keeper) note(now time.Time, held map[string]Held, unused map[string]bool, all []Partition) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.Copy(k.approved, unused)
	next := k.state
	next.Looked, next.Held, next.Owners = now, held, pruned(k.state.Owners, k.state.Rules, all)
	k.status.Held = held
	if err := k.save(next); err != nil {
		return err
	}
	k.state = next
	return nil
}

// trusts says whether the clock has gone on as the one that does not jump. The caller holds mu.
func (k *Keeper) trusts(now time.Time, elapsed time.Duration) bool {
	if k.state.Looked.IsZero() {
		return false
	}
	moved := now.Round(0).Sub(k.state.Looked.Round(0)) // by the clock, not by the other one
	if !k.looked {
		return moved >= -clockSlack && moved <= offAtMost
	}
	drift := moved - (elapsed - k.last)
	return drift.Abs() <= clockSlack
}

// shares are the bytes of what is to go, of all, by signal.
func shares(all, old []Partition) map[string]Held {
	out := map[string]Held{}
	for _, p := range old {
		h := out[p.Signal()]
		h.Partitions++
		h.Bytes += p.Bytes
		out[p.Signal()] = h
	}
	for _, p := range all {
		if h, ok := out[p.Signal()]; ok {
			h.Of += p.Bytes
			out[p.Signal()] = h
		}
	}
	return out
}

// pruned forgets the classes that hold nothing and that nobody writes into.
func pruned(owners map[string]map[uint16][]string, rules Rules, all []Partition) map[string]map[uint16][]string {
	out := owning(nil, rules)
	for signal, classes := range owners {
		for class, names := range classes {
			_, current := out[signal][class]
			holds := slices.ContainsFunc(all, func(p Partition) bool { return p.Class == class && p.Signal() == signal })
			if current || holds {
				out[signal][class] = names
			}
		}
	}
	return out
}
