package upkeep

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sightline/sightline/storage/batch"
)

// Rules say how long data is kept.
type Rules struct {
	Traces  batch.Retention `json:"traces"`
	Logs    batch.Retention `json:"logs"`
	Metrics batch.Retention `json:"metrics"`
	Rollups uint16          `json:"rollups"` // days
}

// Of are a signal's; nil for what has none of its own.
func (r *Rules) Of(signal string) *batch.Retention {
	switch signal {
	case Traces:
		return &r.Traces
	case Logs:
		return &r.Logs
	case Metrics:
		return &r.Metrics
	default:
		return nil
	}
}

// Tables are what a Keeper works on: a Store.
type Tables interface {
	Partitions(ctx context.Context) ([]Partition, error)
	Drop(ctx context.Context, p Partition) error
}

// KeeperConfig says what a Keeper needs. All but the fields from Log on are required.
type KeeperConfig struct {
	Tables Tables
	State  []byte             // what Save was last given; nil: nothing yet
	Save   func([]byte) error // makes the state durable
	// Settle returns when no batch that was cut under earlier rules is still on its way; an error puts dropping off.
	Settle  func(ctx context.Context) error
	Log     *slog.Logger
	Every   time.Duration        // between two looks [1 h]
	Now     func() time.Time     // the clock that partitions are judged by [time.Now]
	Elapsed func() time.Duration // a clock that does not jump [since OpenKeeper]
}

// Keeper drops partitions that are past their retention, from time to time and when the rules change. Safe for concurrent use.
//
// A partition names the class that its rows were written in, not who wrote them: (7, 2026-11-22). So the keeper notes which settings
// have written into a class, and keeps it as long as the one of them that wants it longest, and never longer than it was written for.
type Keeper struct {
	cfg  KeeperConfig
	kick chan struct{}

	mu       sync.Mutex
	state    keeperState
	last     time.Duration // Elapsed at the last look
	looked   bool          // in this process
	approved map[string]bool
	status   KeeperStatus
}

// keeperState is what a restart must know.
type keeperState struct {
	Format int                            `json:"format"`
	Rules  Rules                          `json:"rules"`
	Owners map[string]map[uint16][]string `json:"owners"` // signal, class: services that wrote into it, "" for all that have no rule
	Looked time.Time                      `json:"looked"` // by the clock
	Held   map[string]Held                `json:"held,omitempty"`
}

const keeperFormat = 1

// Held is a drop that waits for a person: by the clock much of a signal is suddenly too old, and the clock may be wrong.
type Held struct {
	Since      time.Time `json:"since"`
	Partitions int       `json:"partitions"`
	Bytes      uint64    `json:"bytes"`
	Of         uint64    `json:"of"` // bytes of the signal
}

// KeeperStatus is what has been done.
type KeeperStatus struct {
	Looked       time.Time // zero: not yet
	Dropped      int       // partitions, since the start
	DroppedBytes uint64
	Held         map[string]Held // by signal
	Error        string          // of the last look; "" if it went well
}

// OpenKeeper reads the state. Set must be called before Run.
func OpenKeeper(cfg KeeperConfig) (*Keeper, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Every == 0 {
		cfg.Every = time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Elapsed == nil {
		start := time.Now()
		cfg.Elapsed = func() time.Duration { return time.Since(start) }
	}
	k := &Keeper{cfg: cfg, kick: make(chan struct{}, 1), approved: map[string]bool{}}
	if cfg.State != nil {
		if err := json.Unmarshal(cfg.State, &k.state); err != nil {
			return nil, fmt.Errorf("read retention state: %w", err)
		}
		if k.state.Format > keeperFormat {
			return nil, fmt.Errorf("read retention state: it has format %d, this program knows %d; run that version or a later one", k.state.Format, keeperFormat)
		}
	}
	k.status.Held = k.state.Held
	return k, nil
}

// Set puts rules in force. They must come from a person: signals whose rules change are dropped without a doubt about the clock. It
// returns when it is noted who writes into which class, so that rows may then be written by them.
func (k *Keeper) Set(rules Rules) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := k.state
	next.Format, next.Rules = keeperFormat, rules
	next.Owners = owning(k.state.Owners, rules)
	if err := k.save(next); err != nil {
		return err
	}
	for _, signal := range []string{Traces, Logs, Metrics} {
		if !rules.Of(signal).Equal(*k.state.Rules.Of(signal)) {
			k.approved[signal] = true
		}
	}
	if rules.Rollups != k.state.Rules.Rollups {
		k.approved[Rollups] = true
	}
	k.state = next
	k.wake()
	return nil
}

// Approve lets what is held go: a person says that the clock is right.
func (k *Keeper) Approve() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for signal := range k.state.Held {
		k.approved[signal] = true
	}
	k.wake()
}

func (k *Keeper) wake() {
	select {
	case k.kick <- struct{}{}:
	default:
	}
}

// save makes a state durable. The caller holds mu.
func (k *Keeper) save(s keeperState) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = k.cfg.Save(data)
	}
	if err != nil {
		return fmt.Errorf("write retention state: %w", err)
	}
	return nil
}

// owning adds who writes into which class under the rules.
func owning(owners map[string]map[uint16][]string, rules Rules) map[string]map[uint16][]string {
	out := map[string]map[uint16][]string{}
	for _, signal := range []string{Traces, Logs, Metrics} {
		of := map[uint16][]string{}
		for class, names := range owners[signal] {
			of[class] = slices.Clone(names)
		}
		add := func(name string, class uint16) {
			if !slices.Contains(of[class], name) {
				of[class] = append(of[class], name)
				slices.Sort(of[class])
			}
		}
		r := rules.Of(signal)
		add("", r.Of(""))
		for service := range r.Services {
			add(service, r.Of(service))
		}
		out[signal] = of
	}
	return out
}

// keep is for how many days a class is kept under rules.
func keep(rules *Rules, owners map[string]map[uint16][]string, signal string, class uint16) uint16 {
	if signal == Rollups {
		return rules.Rollups
	}
	r := rules.Of(signal)
	if r == nil || class == 0 {
		return 0
	}
	names := owners[signal][class]
	if len(names) == 0 {
		return class // nobody knows who wrote it
	}
	days := uint16(0)
	for _, name := range names {
		days = max(days, r.Of(name))
	}
	return min(class, days)
}

// Keep is for how many days what was written into a class is kept now.
func (k *Keeper) Keep(signal string, class uint16) uint16 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return keep(&k.state.Rules, k.state.Owners, signal, class)
}

// Plan is what other rules would drop at once, and no rule in force does already.
func (k *Keeper) Plan(ctx context.Context, rules Rules) ([]Partition, Keep, error) {
	all, err := k.cfg.Tables.Partitions(ctx)
	if err != nil {
		return nil, nil, err
	}
	k.mu.Lock()
	owners := owning(k.state.Owners, rules)
	k.mu.Unlock()
	then := func(signal string, class uint16) uint16 { return keep(&rules, owners, signal, class) }
	return Expired(all, then, k.cfg.Now()), then, nil
}

// Status tells what has been done.
func (k *Keeper) Status() KeeperStatus {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status
}
