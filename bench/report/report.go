package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
)

// report is what a run measured.
type report struct {
	Options string `json:"options"`
	CPUs    int    `json:"cpus"`
	Go      string `json:"go"`

	ColdStartMS int64   `json:"cold_start_ms"`
	RestartMS   int64   `json:"restart_ms"`
	IdleMiB     float64 `json:"idle_mib"`
	PeakMiB     float64 `json:"peak_mib"`

	Spans           int     `json:"spans"`
	AcceptedSeconds float64 `json:"accepted_seconds"` // until the last acknowledgement
	StoredSeconds   float64 `json:"stored_seconds"`   // until the last span was in its table
	Rate            float64 `json:"spans_per_second"`
	CPUSeconds      float64 `json:"cpu_seconds"` // of all processes, until merges were idle
	SpansPerCPU     float64 `json:"spans_per_cpu_second"`
	BytesPerSpan    float64 `json:"bytes_per_span"`        // active parts of all tables
	FolderPerSpan   float64 `json:"folder_bytes_per_span"` // the engine's folder as it lies there, parts on their way out included
	Refused         int     `json:"refused"`

	AckFull stat    `json:"ack_full"`
	AckHalf stat    `json:"ack_half"`
	Fresh   stat    `json:"freshness"`
	Queries []query `json:"queries"`

	cpuBefore float64
}

type query struct {
	Name string `json:"name"`
	stat
}

// stat are quantiles in milliseconds.
type stat struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func quantiles(took []time.Duration) stat {
	if len(took) == 0 {
		return stat{}
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(int(q*float64(len(took))), len(took)-1)].Microseconds()) / 1000
	}
	return stat{len(took), at(0.50), at(0.99), at(1)}
}

// cost is what storing took, now that everything is idle.
func (r *report) cost(ctx context.Context, s *server, sent *sample) error {
	cpu, err := s.tree.cpu()
	if err != nil {
		return err
	}
	r.CPUSeconds = cpu - r.cpuBefore
	r.SpansPerCPU = float64(sent.spans) / r.CPUSeconds
	var st instanceStatus
	if err := s.get(ctx, "/api/status", &st); err != nil {
		return err
	}
	if st.Storage.Rows != int64(sent.spans) {
		return fmt.Errorf("%d spans are stored, %d were sent", st.Storage.Rows, sent.spans)
	}
	r.BytesPerSpan = float64(st.Storage.Bytes) / float64(sent.spans)
	size, err := folder(filepath.Join(s.dir, "engine"))
	if err != nil {
		return err
	}
	r.FolderPerSpan = float64(size) / float64(sent.spans)
	return nil
}

func attribute(attributes []*common.KeyValue, key string) string {
	for _, kv := range attributes {
		if kv.Key == key {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

func (r *report) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	fmt.Fprintf(w, "%s; %d CPUs, %s\n\n", r.Options, r.CPUs, r.Go)
	line("spans per CPU-second, end to end", "%.0f", r.SpansPerCPU)
	line("CPU a span", "%.2f µs (%.1f s for %d spans, all processes, until merges are idle)", r.CPUSeconds/float64(r.Spans)*1e6, r.CPUSeconds, r.Spans)
	line("rate, acknowledged / stored", "%.0f / %.0f spans/s", float64(r.Spans)/r.AcceptedSeconds, r.Rate)
	line("bytes a span, all tables", "%.1f (folder as it lies: %.1f)", r.BytesPerSpan, r.FolderPerSpan)
	line("ack at full load, p50 / p99", "%.1f / %.1f ms; %d refusals", r.AckFull.P50, r.AckFull.P99, r.Refused)
	line("ack at half load, p50 / p99", "%.1f / %.1f ms", r.AckHalf.P50, r.AckHalf.P99)
	line("acknowledged to found, p50 / p99", "%.0f / %.0f ms", r.Fresh.P50, r.Fresh.P99)
	line("memory, idle / peak", "%.0f / %.0f MiB", r.IdleMiB, r.PeakMiB)
	line("cold start / with the data", "%d / %d ms", r.ColdStartMS, r.RestartMS)
	for _, q := range r.Queries {
		line(q.Name+", p50 / p99", "%.1f / %.1f ms", q.P50, q.P99)
	}
	return w.Flush()
}
