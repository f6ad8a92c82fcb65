package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sightline/sightline/query/traceapi"
	"github.com/sightline/sightline/storage/upkeep"
)

const (
	// reportAge is how old the figures about storage may be.
	reportAge = 30 * time.Second
	// reportWindow is what services are counted over.
	reportWindow = time.Hour
)

// storageReport keeps the last figures about storage. One caller at a time makes them; others wait for them.
type storageReport struct {
	making sync.Mutex
	last   traceapi.Storage
	of     string // project
}

// forget makes the next caller count anew.
func (r *storageReport) forget() {
	r.making.Lock()
	defer r.making.Unlock()
	r.of = ""
}

// storage is what /api/status/storage tells.
func (in *instance) storage(ctx context.Context, project string) (traceapi.Storage, error) {
	in.report.making.Lock()
	defer in.report.making.Unlock()
	if in.report.of == project && time.Since(in.report.last.Computed) < reportAge {
		return in.report.last, nil
	}
	s, err := in.makeReport(ctx, project)
	if err == nil {
		in.report.last, in.report.of = s, project
	}
	return s, err
}

func (in *instance) makeReport(ctx context.Context, project string) (traceapi.Storage, error) {
	now := time.Now()
	s := traceapi.Storage{Computed: now.UTC(), WindowS: int(reportWindow / time.Second)}
	all, err := in.upkeep.Partitions(ctx)
	if err != nil {
		return s, err
	}
	arrivals, err := in.upkeep.Arrivals(ctx, project, now.Add(-reportWindow), now)
	if err != nil {
		return s, err
	}
	lastHour := map[string]uint64{}
	for name, items := range arrivals.Services {
		a := traceapi.ServiceArrivals{Service: name, Items: map[string]int64{}}
		for signal, n := range items {
			a.Items[signal] = int64(n)
			lastHour[signal] = arrivals.Hourly(signal, now)
		}
		s.Services = append(s.Services, a)
	}
	slices.SortFunc(s.Services, func(a, b traceapi.ServiceArrivals) int {
		return cmp.Or(cmp.Compare(sumOf(b.Items), sumOf(a.Items)), cmp.Compare(a.Service, b.Service))
	})
	kept := in.settings.Retention()
	current := map[string]uint64{}
	for _, signal := range []string{upkeep.Traces, upkeep.Logs, upkeep.Metrics, upkeep.Rollups} {
		current[signal] = uint64(kept.of(signal).Days())
	}
	uses := upkeep.Summarize(all, in.keep, current, lastHour, now)
	for _, u := range uses {
		s.Signals = append(s.Signals, signalStorage(u, int(current[u.Signal])))
	}
	s.Tables = tableStorage(all)
	s.Disk = in.disk(uses)
	if in.loader != nil {
		if s.DeadLetters, err = in.deadLetters(); err != nil {
			return s, err
		}
	}
	if in.keeper != nil {
		s.Dropping = dropping(in.keeper.Status())
	}
	return s, nil
}

// keep is for how many days a class is kept; an instance that drops nothing goes by what is written.
func (in *instance) keep(signal string, class uint16) uint16 {
	if in.keeper != nil {
		return in.keeper.Keep(signal, class)
	}
	if signal == upkeep.Rollups {
		return in.config.Retention.Rollups.Days()
	}
	return class
}

func sumOf(items map[string]int64) (sum int64) {
	for n := range maps.Values(items) {
		sum += n
	}
	return sum
}

func signalStorage(u upkeep.Use, days int) traceapi.SignalStorage {
	s := traceapi.SignalStorage{
		Signal: u.Signal, Items: int64(u.Items), Bytes: int64(u.Bytes), RetentionDays: days,
		BytesPerDay: u.PerDay, Basis: string(u.Basis), ProjectedBytes: int64(u.Projected),
	}
	for _, c := range u.Classes {
		s.Classes = append(s.Classes, traceapi.ClassStorage{Days: int(c.Days), Keep: int(c.Keep), Bytes: int64(c.Bytes),
			Oldest: c.Oldest.Format(time.DateOnly), Newest: c.Newest.Format(time.DateOnly)})
	}
	for _, d := range u.Days {
		s.Days = append(s.Days, traceapi.DayStorage{Day: d.Day.Format(time.DateOnly), Items: int64(d.Items), Bytes: int64(d.Bytes)})
	}
	return s
}

func tableStorage(all []upkeep.Partition) (out []traceapi.TableStorage) {
	for _, p := range all {
		if n := len(out); n == 0 || out[n-1].Table != p.Table { // they come by table
			out = append(out, traceapi.TableStorage{Table: p.Table, Signal: p.Signal()})
		}
		t := &out[len(out)-1]
		t.Rows += int64(p.Rows)
		t.Bytes += int64(p.Bytes)
		t.Parts += int64(p.Parts)
	}
	return out
}

// disk is the one that the embedded engine and the journal share; a server has its own.
func (in *instance) disk(uses []upkeep.Use) *traceapi.Disk {
	var fs syscall.Statfs_t
	if in.engine == nil || syscall.Statfs(in.config.DataDir, &fs) != nil {
		return nil
	}
	block := int64(fs.Bsize)
	d := &traceapi.Disk{FreeBytes: int64(fs.Bavail) * block, TotalBytes: int64(fs.Blocks) * block, ReserveBytes: int64(in.config.Ingest.DiskReserve)}
	if days, full := upkeep.DaysUntilFull(uses, uint64(max(0, d.FreeBytes-d.ReserveBytes))); full {
		d.FullInDays = &days
	}
	return d
}

func (in *instance) deadLetters() (*traceapi.DeadLetters, error) {
	l, err := in.loader.DeadLetters()
	if err != nil {
		return nil, err
	}
	out := &traceapi.DeadLetters{File: l.File, Bytes: l.Bytes, Letters: l.Letters}
	if l.Last != nil {
		out.Last = &traceapi.DeadLetter{Time: l.Last.Time.UTC(), Signal: l.Last.Signal, Reason: l.Last.Reason, Error: l.Last.Error, Items: int64(l.Last.Items)}
	}
	return out, nil
}

func dropping(k upkeep.KeeperStatus) traceapi.Dropping {
	d := traceapi.Dropping{Partitions: k.Dropped, DroppedBytes: int64(k.DroppedBytes), Held: slices.Sorted(maps.Keys(k.Held)), Error: k.Error}
	if !k.Looked.IsZero() {
		looked := k.Looked.UTC()
		d.Looked = &looked
	}
	return d
}
