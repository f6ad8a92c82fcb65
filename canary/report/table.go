package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// shown is how many findings the table lists; --json has more.
const shown = 20

// JSON writes the report for machines.
func (r *Report) JSON(w io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Table writes the report for people.
func (r *Report) Table(w io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &strings.Builder{}
	fmt.Fprintf(out, "canary %s at %s, %s\n\n", r.Run, r.URL, r.Ended.Sub(r.Began).Round(time.Second))
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tsent\tacknowledged\titems\tchecked\tfresh p50\tp99\t")
	for _, s := range r.Signals {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t\n", pad(s.Signal, 8), s.Sent, s.Acknowledged, s.Items, s.Checked, ms(s.FreshP50), ms(s.FreshP99))
	}
	t.Flush()
	if len(r.APIs) > 0 {
		width := 0
		for _, a := range r.APIs {
			width = max(width, len(a.API))
		}
		out.WriteByte('\n')
		t = tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "%s\tchecks\twrong\t\n", pad("", width))
		for _, a := range r.APIs {
			if a.NotServed {
				fmt.Fprintf(t, "%s\tnot served\t\t\n", pad(a.API, width))
			} else {
				fmt.Fprintf(t, "%s\t%d\t%d\t\n", pad(a.API, width), a.Checks, a.Problems)
			}
		}
		t.Flush()
	}
	r.writeFindings(out)
	fmt.Fprintf(out, "\n%s\n", r.Verdict)
	// tabwriter pads the last cell too
	text := strings.Builder{}
	for line := range strings.Lines(out.String()) {
		text.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (r *Report) writeFindings(out *strings.Builder) {
	if len(r.Problems) == 0 {
		return
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, c := range slices.Sorted(maps.Keys(r.Problems)) {
		fmt.Fprintf(t, "%s\t%d\n", c, r.Problems[c])
	}
	t.Flush()
	fmt.Fprintln(out)
	for i, f := range r.Examples {
		if i == shown {
			fmt.Fprintf(out, "and more: --json lists the first %d\n", maxExamples)
			break
		}
		fmt.Fprintln(out, f)
	}
}

// String is a finding as one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s  %s  %s  %s: %s", f.Time.Format(time.RFC3339), f.Category, f.API, f.Item, f.Detail)
}

// Progress is a line about how far it is.
func (r *Report) Progress() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var parts []string
	for _, s := range r.Signals {
		parts = append(parts, fmt.Sprintf("%s %d/%d, %d checked", s.Signal, s.Acknowledged, s.Sent, s.Checked))
	}
	wrong := 0
	for _, n := range r.Problems {
		wrong += n
	}
	return fmt.Sprintf("%s · %s · %d wrong", time.Since(r.Began).Round(time.Second), strings.Join(parts, " · "), wrong)
}

// pad fills up to a width: the first column is aligned left in a table that is aligned right.
func pad(s string, width int) string { return fmt.Sprintf("%-*s", width, s) }

func ms(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 1000:
		return fmt.Sprintf("%.0f ms", v)
	}
	return fmt.Sprintf("%.1f s", v/1000)
}
