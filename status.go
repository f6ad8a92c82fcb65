package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/loader"
	"github.com/sightline/sightline/collector/passage"
	"github.com/sightline/sightline/collector/xray"
	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/jaeger"
	"github.com/sightline/sightline/query/logapi"
	"github.com/sightline/sightline/query/metricapi"
	"github.com/sightline/sightline/query/traceapi"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/query/zipkin"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/metrics"
)

// collectorConfig is what the receiver is told.
func (in *instance) collectorConfig() collector.Config {
	c := in.config
	kept := in.settings.Retention()
	return collector.Config{
		GRPC: c.OTLP.GRPC, HTTP: c.OTLP.HTTP, CertFile: c.TLS.CertFile, KeyFile: c.TLS.KeyFile, CORSOrigins: c.OTLP.CORSOrigins,
		XRay: xray.Config{UDP: c.XRay.UDP, TCP: c.XRay.TCP, Key: c.XRay.Key, SamplingRate: c.XRay.SamplingRate},
		Limits: admission.Limits{
			Request: int64(c.OTLP.MaxRequest), Retention: kept.limits(), Rate: int64(c.Ingest.MaxRate),
			Series: c.Ingest.MaxSeries, OfMetric: c.Ingest.MaxSeriesPerMetric,
		},
		Overlay: c.Collector, Journal: in.journal, Auth: in.auth, Version: version, Log: in.log.With("part", "collector"),
	}
}

// ingestHandlers are the collector's paths under the page's address.
func (in *instance) ingestHandlers() map[string]http.Handler {
	if in.collector == nil {
		return nil
	}
	handlers := map[string]http.Handler{}
	for _, path := range xray.Paths { // AWS_ENDPOINT_URL_XRAY is one URL, for what an SDK sends and what it reads
		handlers[xray.Prefix+path] = in.collector.XRay()
	}
	return handlers
}

// queryConfig is what the page's server is told.
func (in *instance) queryConfig() query.Config {
	var retention query.Retention
	if in.keeper != nil {
		retention = in
	}
	return query.Config{
		Retention: retention,
		Deletions: in.deletions(),
		Ingest:    in.ingestHandlers(),
		Metrics:   metricapi.Deps{Metrics: metrics.NewReader(in.db)},
		Logs:      logapi.Deps{Records: logs.NewReader(in.db)},
		TraceQL:   traceql.New(in.reader),
		Traces:    traceapi.Deps{Spans: in.reader, Sets: in.reader, Rollups: in.reader, Fleet: in.reader, Exceptions: in.reader, Threshold: in.config.Apdex.of, Words: in.reader, TraceQL: traceql.New(in.reader), Status: in.status, Storage: in.storage},
		Jaeger:    jaeger.Deps{Spans: in.reader, Rollups: in.reader},
		Zipkin:    zipkin.Deps{Spans: in.reader, Rollups: in.reader, Words: in.reader},
		PromQL:    in.promql,
		Alerts:    in.alerts,
		Auth:      in.auth, Keys: in.auth, Ready: in.ready, Listen: in.config.Listen, TLS: in.tls, SecureCookies: in.config.TLS.EndedBefore,
		Project: defaultProject, Log: in.log.With("part", "query"),
	}
}

// ready says why queries can't be answered now.
func (in *instance) ready(context.Context) error {
	if in.engine == nil {
		return nil
	}
	if s := in.engine.Status(); s.State != engine.StateReady {
		return fmt.Errorf("the storage engine is %s", s.State)
	}
	return nil
}

// statusWait is how long a status waits for the engine, which may hang.
const statusWait = 2 * time.Second

// status is what /api/status tells. Figures that only the engine has are left out while it does not answer.
func (in *instance) status(ctx context.Context) (traceapi.Status, error) {
	kept := in.settings.Retention()
	s := traceapi.Status{
		Version: version, Started: in.started,
		Endpoints: traceapi.Endpoints{HTTP: in.pageURL(), OTLPGRPC: in.config.OTLP.GRPC, OTLPHTTP: in.config.OTLP.HTTP},
		Auth:      traceapi.AuthStatus{Required: in.auth.HasLogin()},
		Retention: traceapi.RetentionStatus{
			TracesDays: int(kept.Traces.Days()), LogsDays: int(kept.Logs.Days()), MetricsDays: int(kept.Metrics.Days()), RollupsDays: int(kept.Rollups.Days()),
		},
		Engine: traceapi.EngineStatus{State: engine.StateReady.String(), Version: "server"},
		Ingest: map[string]traceapi.Ingest{},
	}
	if in.engine != nil {
		e := in.engine.Status()
		s.Engine = traceapi.EngineStatus{State: e.State.String(), Version: e.Version, Restarts: e.Restarts, Error: e.LastError}
	}
	if in.loader != nil {
		in.addIngest(&s)
	}
	s.Warnings = append(s.Warnings, in.alertingWarnings()...)
	asking, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	sizes, err := in.reader.Sizes(asking)
	if err != nil {
		s.Warnings = append(s.Warnings, "The storage does not answer now; what is stored is not counted here.")
		return s, nil
	}
	for _, size := range sizes {
		s.Storage.Bytes += int64(size.Bytes)
		switch size.Table {
		case "spans":
			s.Storage.SpanRows = int64(size.Rows)
			fallthrough
		case "logs", "points", "distributions":
			s.HasData = s.HasData || size.Rows > 0
		}
	}
	damage, err := in.upkeep.Damage(asking)
	if err != nil {
		in.log.Warn("what is damaged is not known", "error", err)
	}
	for _, d := range damage {
		parts, what := s.Damaged[d.Table], "questions that read it fail"
		if d.Aside {
			what = "what was in it is not in any answer"
			parts.Aside++
		} else {
			parts.Unreadable++
		}
		if s.Damaged == nil {
			s.Damaged = map[string]traceapi.Damage{}
		}
		s.Damaged[d.Table] = parts
		s.Warnings = append(s.Warnings, fmt.Sprintf("A file of the table %s is damaged: its part %s can't be read, and %s. New data is stored; restore the data folder from its backup, see docs/durability.md.", d.Table, d.Part, what))
	}
	return s, nil
}

// addIngest adds what is on the way in.
func (in *instance) addIngest(s *traceapi.Status) {
	l, j := in.loader.Status(), in.journal.Stats()
	s.LagMS = float64(l.Lag.Milliseconds())
	s.Journal = traceapi.JournalStatus{Bytes: j.Bytes, MaxBytes: j.MaxBytes, Segments: j.Segments, Full: j.Full, Quarantined: j.Quarantined}
	if !j.OldestUnreleased.IsZero() {
		oldest := j.OldestUnreleased.UTC()
		s.Journal.Oldest = &oldest
	}
	s.Loader = traceapi.LoaderStatus{State: l.State.String(), Error: l.LastError, Batches: int64(l.Batches), DirtyMinutes: l.DirtyMinutes}
	if !l.LastErrorAt.IsZero() {
		at := l.LastErrorAt.UTC()
		s.Loader.ErrorAt = &at
	}
	addAccounts(s, in.collector.Accounts())
	for _, t := range l.Totals { // over all projects: the page belongs to who runs the instance
		own := ingestOf(t)
		own.Deleted = in.deleted(t.Signal, t.Project)
		s.Projects = append(s.Projects, traceapi.ProjectIngest{Signal: t.Signal, Project: t.Project, Ingest: own})
		i := s.Ingest[t.Signal]
		i.Add(own)
		s.Ingest[t.Signal] = i
	}
	for _, i := range s.Ingest {
		s.HasData = s.HasData || i.Stored > 0
	}
	for signal, h := range in.keeper.Status().Held {
		s.Warnings = append(s.Warnings, fmt.Sprintf("Retention would drop %d %% of the %s at once, and the clock may be wrong. Nothing of them is dropped until somebody confirms it in Settings, Retention.", h.Bytes*100/max(1, h.Of), signal))
	}
	if j.Full {
		s.Warnings = append(s.Warnings, "The journal is full: senders are asked to come back later. See ingest.journal_max, ingest.disk_reserve and the engine's state.")
	}
	if len(j.Quarantined) > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("Damaged journal segments were put aside: %v. What they held is lost unless they can be repaired.", j.Quarantined))
	}
	for _, p := range in.collector.Pipelines() {
		if len(p.Holds) > 0 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("Pipeline %s acknowledges before its data is durable: %s holds it back.", p.Name, strings.Join(p.Holds, ", ")))
		}
	}
	if l.Alarms > 0 {
		s.Warnings = append(s.Warnings, "Something happened while storing that must never happen; the log has the details: "+l.LastError)
	}
}

// addAccounts adds what was answered since the process started.
func addAccounts(s *traceapi.Status, accounts admission.Snapshot) {
	for _, signal := range []uint8{journal.SignalTraces, journal.SignalLogs, journal.SignalMetrics} {
		s.Ingest[journal.SignalName(signal)] = traceapi.Ingest{Undecodable: int64(accounts.Undecodable[signal])}
	}
	s.Refused = make(map[string]int64, len(accounts.Refused))
	for reason, requests := range accounts.Refused {
		s.Refused[reason] = int64(requests)
	}
	for from, a := range accounts.Arrivals() {
		s.Arrivals = append(s.Arrivals, traceapi.Arrival{
			Signal: journal.SignalName(from.Signal), Protocol: from.Protocol, Requests: int64(a.Requests), Bytes: int64(a.Bytes), Items: int64(a.Received), Last: a.Last,
		})
	}
	s.Examples = make(map[string][]traceapi.RefusalExample, len(accounts.Examples))
	for reason, list := range accounts.Examples {
		for _, e := range slices.Backward(list) {
			example := traceapi.RefusalExample{Time: e.Time, Protocol: e.Protocol, Peer: e.Peer, Message: e.Message}
			if e.Signal != 0 {
				example.Signal = journal.SignalName(e.Signal)
			}
			s.Examples[reason] = append(s.Examples[reason], example)
		}
	}
}

// ingestOf are a project's accounts of a signal.
func ingestOf(t loader.Totals) traceapi.Ingest {
	received, rejected, left := passage.Settle(t.Received, t.Rejected)
	i := traceapi.Ingest{
		Received: int64(received), Stored: int64(t.Stored), Deduplicated: int64(t.Deduplicated), InJournal: int64(t.InJournal), DeadLetter: int64(t.DeadLetter),
		Rejected: make(map[string]int64, len(rejected)), Dropped: make(map[string]int64, len(left)), Redacted: int64(t.Redacted), Sanitized: make(map[string]int64, len(t.Sanitized)),
	}
	for reason, n := range t.Sanitized {
		i.Sanitized[reason] = int64(n)
	}
	for reason, n := range rejected {
		i.Rejected[reason] = int64(n)
	}
	for processor, n := range left {
		i.Dropped[processor] = int64(n)
	}
	return i
}
