package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// report is what a run measured.
type report struct {
	Began    time.Time `json:"began"`
	Senders  int       `json:"senders"`
	InFlight int       `json:"in_flight"` // requests of each sender
	CPUs     int       `json:"cpus"`
	Go       string    `json:"go"`

	ColdStartMS int64   `json:"cold_start_ms"`
	RestartMS   int64   `json:"restart_ms"`
	IdleMiB     float64 `json:"idle_mib"`

	Yardsticks []yard  `json:"yardsticks"`
	Steps      []cost  `json:"steps"`
	Half       []half  `json:"half_load"`
	Storage    []table `json:"storage"` // after the steps
	Queries    []query `json:"queries"`

	cold []string // traces that nobody has asked for
}

type query struct {
	Name string `json:"name"`
	stat
}

func (r *report) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	row := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	row("%d CPUs, %s; %d senders x %d requests; start on an empty folder %d ms, with the data %d ms; memory idle %.0f MiB\n",
		r.CPUs, r.Go, r.Senders, r.InFlight, r.ColdStartMS, r.RestartMS, r.IdleMiB)

	row("step\tby\titems\tthere before\titems/CPU-s\tµs CPU/item\tof yardstick\tof batching\tB/item\tacked/s\tstored/s\tidle after s\tpeak MiB\tclient CPU s\t")
	for _, c := range r.Steps {
		n := float64(c.items())
		row("%s\t%s\t%d\t%d\t%.0f\t%.2f\t%s\t%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.1f\t", c.Name, c.Way, c.items(), c.Before, c.ItemsPerCPU, 1e6/c.ItemsPerCPU,
			ratio(c.OfYardstick), ratio(c.OfBatching), bySignal(c.BytesPerItem), n/c.AckedSeconds, n/c.StoredSeconds, c.IdleSeconds, c.PeakMiB, c.Client)
	}
	row("")
	row("µs CPU an item\tby\tprogram: until acked\tuntil stored\tuntil idle\tengine: until acked\tuntil stored\tuntil idle\tmerges\tall\t")
	for _, c := range r.Steps {
		us := func(seconds float64) float64 { return seconds * 1e6 / float64(c.items()) }
		p := c.Phases
		row("%s\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t", c.Name, c.Way, us(p[0].Program), us(p[1].Program), us(p[2].Program),
			us(p[0].Engine), us(p[1].Engine), us(p[2].Engine), us(p[0].Merges+p[1].Merges+p[2].Merges), us(c.CPUSeconds))
	}
	if len(r.Yardsticks) > 0 {
		row("")
		row("a collector that keeps nothing\tby\titems\titems/CPU-s\tµs CPU/item\tpeak MiB\t")
		for _, y := range r.Yardsticks {
			name := y.Signal
			if y.Batch {
				name += ", batched"
			}
			row("%s\t%s\t%d\t%.0f\t%.2f\t%.0f\t", name, y.Way, y.Items, y.ItemsPerCPU, 1e6/y.ItemsPerCPU, y.PeakMiB)
		}
	}
	row("")
	row("ack at full load\tby\tp50 ms\tp99 ms\trefusals\t")
	for _, c := range r.Steps {
		for _, signal := range slices.Sorted(maps.Keys(c.Ack)) {
			name := c.Name
			if len(c.Ack) > 1 {
				name += ": " + signal
			}
			row("%s\t%s\t%.1f\t%.1f\t%d\t", name, c.Way, c.Ack[signal].P50, c.Ack[signal].P99, c.Refused)
		}
	}
	if len(r.Half) > 0 {
		row("")
		row("half load\titems/s\tack p50 ms\tp99 ms\tacked to found p50 ms\tp99 ms\tpeak MiB\t")
		for _, h := range r.Half {
			row("%s\t%.0f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%s", h.Signal, h.Rate, h.Ack.P50, h.Ack.P99, h.Fresh.P50, h.Fresh.P99, h.PeakMiB, h.NotFound)
		}
	}
	row("")
	row("table\tof\trows\tB/row\tparts\t")
	for _, t := range r.Storage {
		row("%s\t%s\t%d\t%.1f\t%d\t", t.Table, t.Signal, t.Rows, float64(t.Bytes)/float64(max(t.Rows, 1)), t.Parts)
	}
	if len(r.Queries) > 0 {
		row("")
		row("question\tp50 ms\tp99 ms\t")
		for _, q := range r.Queries {
			row("%s\t%.1f\t%.1f\t", q.Name, q.P50, q.P99)
		}
	}
	return w.Flush()
}

// ratio is how much of the yardstick something reaches.
func ratio(of float64) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", of*100)
}

func bySignal(values map[string]float64) (text string) {
	for _, signal := range slices.Sorted(maps.Keys(values)) {
		if text != "" {
			text += " / "
		}
		text += fmt.Sprintf("%.1f", values[signal])
	}
	return text
}
