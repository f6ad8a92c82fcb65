package query

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sightline/sightline/query/traceapi"
)

// statusMetrics tells /api/status as metrics: one truth, two spellings. docs/operations.md says what each means.
type statusMetrics struct {
	status                                                                         traceapi.StatusFunc
	items, redacted, sanitized, inJournal, undecodable, refused, requests, bytesIn *prometheus.Desc
	lag, journal, journalMax, segments, quarantined, journalFull                   *prometheus.Desc
	engineState, ready, restarts, rows, bytes, retention, info                     *prometheus.Desc
	dirty, dropped, damaged                                                        *prometheus.Desc
}

const (
	// statusTimeout bounds what a scrape waits for figures.
	statusTimeout = 5 * time.Second
	// engineUnknown is the label of a state that this list does not have.
	engineUnknown = "unknown"
)

var engineStates = []string{"starting", "ready", "restarting", "failed"}

func newStatusMetrics(status traceapi.StatusFunc) *statusMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("sightline_"+name, help, labels, nil)
	}
	return &statusMetrics{
		status:      status,
		items:       desc("items_total", "Items received, by what became of them. received = stored + rejected + deduplicated + dead_letter + sightline_items_in_journal + sightline_items_dropped_by_pipeline.", "signal", "project", "outcome", "reason"),
		redacted:    desc("redacted_values_total", "Secrets masked before they were stored.", "signal", "project"),
		sanitized:   desc("sanitized_items_total", "Items by what was mended or odd in them; one may have several reasons.", "signal", "project", "reason"),
		inJournal:   desc("items_in_journal", "Items received that are not stored yet.", "signal", "project"),
		dropped:     desc("items_dropped_by_pipeline", "Items that a processor took and did not hand on: dropped, or held back for now.", "signal", "project", "processor"),
		undecodable: desc("ingest_undecodable_requests_total", "Requests that could not be decoded, since the start.", "signal"),
		refused:     desc("ingest_refused_requests_total", "Requests that were not taken, since the start.", "reason"),
		requests:    desc("ingest_requests_total", "Requests that were taken, since the start.", "signal", "protocol"),
		bytesIn:     desc("ingest_request_bytes_total", "Bytes of requests that were taken, after decompression, since the start.", "signal", "protocol"),
		lag:         desc("ingest_lag_seconds", "Age of the oldest item that is received and not stored."),
		dirty:       desc("rollup_minutes_pending", "Minutes whose rollups will be computed again even if nothing more arrives."),
		journal:     desc("journal_bytes", "Bytes in the journal."),
		journalMax:  desc("journal_max_bytes", "Bytes that the journal may take."),
		segments:    desc("journal_segments", "Segments of the journal."),
		quarantined: desc("journal_quarantined_segments", "Damaged segments of the journal that were put aside."),
		journalFull: desc("journal_full", "1 while senders are asked to come back later because the journal or its disk is full."),
		engineState: desc("engine_state", "1 for the state that the storage engine is in.", "state"),
		ready:       desc("engine_ready", "1 while the storage engine answers."),
		restarts:    desc("engine_restarts_total", "Restarts of the storage engine."),
		rows:        desc("storage_span_rows", "Rows in the spans table."),
		bytes:       desc("storage_bytes", "Bytes of tables on disk."),
		damaged:     desc("storage_damaged_parts", "Parts of a table that the engine can't read, since it started: unreadable ones fail the questions that read them, of those put aside nothing is in any answer.", "table", "state"),
		retention:   desc("retention_days", "Days that new data is kept, without a rule for its service.", "signal"),
		info:        desc("build_info", "1; the version is a label.", "version"),
	}
}

func (m *statusMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.items, m.redacted, m.sanitized, m.inJournal, m.dropped, m.undecodable, m.refused, m.requests, m.bytesIn, m.lag, m.dirty, m.journal, m.journalMax, m.segments,
		m.quarantined, m.journalFull, m.engineState, m.ready, m.restarts, m.rows, m.bytes, m.damaged, m.retention, m.info} {
		out <- d
	}
}

func (m *statusMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statusTimeout)
	defer cancel()
	s, err := m.status(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(m.lag, err)
		return
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, p := range s.Projects {
		counter(m.items, p.Received, p.Signal, p.Project, "received", "")
		counter(m.items, p.Stored, p.Signal, p.Project, "stored", "")
		counter(m.items, p.Deduplicated, p.Signal, p.Project, "deduplicated", "")
		counter(m.items, p.DeadLetter, p.Signal, p.Project, "dead_letter", "")
		for reason, n := range p.Rejected {
			counter(m.items, n, p.Signal, p.Project, "rejected", reason)
		}
		for processor, n := range p.Dropped {
			gauge(m.dropped, float64(n), p.Signal, p.Project, processor)
		}
		counter(m.redacted, p.Redacted, p.Signal, p.Project)
		for reason, n := range p.Sanitized {
			counter(m.sanitized, n, p.Signal, p.Project, reason)
		}
		gauge(m.inJournal, float64(p.InJournal), p.Signal, p.Project)
	}
	for signal, i := range s.Ingest {
		counter(m.undecodable, i.Undecodable, signal)
	}
	for reason, n := range s.Refused {
		counter(m.refused, n, reason)
	}
	for _, a := range s.Arrivals {
		counter(m.requests, a.Requests, a.Signal, a.Protocol)
		counter(m.bytesIn, a.Bytes, a.Signal, a.Protocol)
	}
	gauge(m.lag, s.LagMS/1000)
	gauge(m.dirty, float64(s.Loader.DirtyMinutes))
	gauge(m.journal, float64(s.Journal.Bytes))
	gauge(m.journalMax, float64(s.Journal.MaxBytes))
	gauge(m.segments, float64(s.Journal.Segments))
	gauge(m.quarantined, float64(len(s.Journal.Quarantined)))
	gauge(m.journalFull, truth(s.Journal.Full))
	known := false
	for _, state := range engineStates {
		gauge(m.engineState, truth(s.Engine.State == state), state)
		known = known || s.Engine.State == state
	}
	gauge(m.engineState, truth(!known), engineUnknown)
	gauge(m.ready, truth(s.Engine.State == "ready"))
	counter(m.restarts, int64(s.Engine.Restarts))
	gauge(m.rows, float64(s.Storage.SpanRows))
	gauge(m.bytes, float64(s.Storage.Bytes))
	for table, parts := range s.Damaged {
		gauge(m.damaged, float64(parts.Unreadable), table, "unreadable")
		gauge(m.damaged, float64(parts.Aside), table, "aside")
	}
	r := s.Retention
	for signal, days := range map[string]int{"traces": r.TracesDays, "logs": r.LogsDays, "metrics": r.MetricsDays, "rollups": r.RollupsDays} {
		gauge(m.retention, float64(days), signal)
	}
	gauge(m.info, 1, s.Version)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
