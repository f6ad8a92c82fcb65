package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/bench/proc"
)

func TestStepsFollowEachOther(t *testing.T) {
	o := options{signals: []string{traces, logs, metrics}, sizes: []float64{1, 2, 4}, records: 2_000_000, points: 100_000,
		ways: []way{{protocol: "grpc"}, {"http", true}}, wayItems: 500_000, together: 10_000}
	var got []string
	for _, s := range plan(o) {
		got = append(got, s.name+" "+s.way.String())
	}
	want := "logs grpc, logs http+gzip, metrics grpc, metrics http+gzip, traces to 1 million grpc, traces to 2 million grpc, traces to 4 million grpc, traces http+gzip, together grpc"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("steps: %s\nwant:  %s", text, want)
	}
	all := plan(o)
	if all[6].items[traces] != 2_000_000 || all[6].long() != time.Hour || all[0].long() != time.Hour {
		t.Errorf("the step to 4 million: %v in %s; logs in %s", all[6].items, all[6].long(), all[0].long())
	}
	if m := all[2].long(); m < 6*time.Minute || m > 8*time.Minute {
		t.Errorf("100,000 points of 4,000 series go on for %s", m)
	}
}

func TestFlagsOfSeveralValues(t *testing.T) {
	var ways []way
	l := list[way]{&ways, parseWay}
	if err := l.Set("grpc, http+gzip"); err != nil || len(ways) != 2 || ways[1] != (way{"http", true}) {
		t.Errorf("%v, %v", ways, err)
	}
	if err := l.Set("grpc,udp"); err == nil {
		t.Error("udp is a way")
	}
}

func TestCostIsOfAllProcesses(t *testing.T) {
	s := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	c := cost{Name: "traces", Way: "grpc", Sent: map[string]int{traces: 1000}}
	c.count([4]proc.CPU{{}, {Program: s(1)}, {Program: s(1.5), Engine: s(2)}, {Program: s(1.5), Engine: s(2.5), Merges: s(1)}})
	if c.CPUSeconds != 5 || c.ItemsPerCPU != 200 || c.Phases[2] != (phase{"idle", 0, 0.5, 1}) {
		t.Errorf("%+v", c)
	}
	r := report{Steps: []cost{c}, Yardsticks: []yard{{Signal: traces, Way: "grpc", ItemsPerCPU: 800}, {Signal: traces, Way: "grpc", Batch: true, ItemsPerCPU: 400}}}
	r.compare()
	if r.Steps[0].OfYardstick != 0.25 || r.Steps[0].OfBatching != 0.5 {
		t.Errorf("%+v", r.Steps[0])
	}
	var out bytes.Buffer
	if err := r.print(&out); err != nil || !strings.Contains(out.String(), "25 %") {
		t.Errorf("%v\n%s", err, &out)
	}
}
