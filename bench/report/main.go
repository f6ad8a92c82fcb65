// Command report measures a Sightline from outside, as its users meet it: it starts ./sightline on an empty folder, sends the load
// of bench/load over OTLP, waits until everything is stored, merged and summed up, asks the API, and prints what it cost. CPU is that
// of all of Sightline's processes (user and system, from /proc), never this one's. In the same run it drives bench/yardstick, a
// collector that keeps nothing, with the same load. It changes nothing that exists.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Signals, as the status API names them.
const (
	traces  = "traces"
	logs    = "logs"
	metrics = "metrics"
)

type options struct {
	binary    string
	signals   []string
	sizes     []float64 // millions of spans in the table after each step
	records   int
	points    int
	ways      []way
	wayItems  int
	together  int
	yardstick int
	senders   int
	inFlight  int
	queries   int
	half      time.Duration
	json      bool
	keep      string
}

// way is how requests travel.
type way struct {
	protocol string // grpc or http
	gzip     bool
}

func (w way) String() string {
	if w.gzip {
		return w.protocol + "+gzip"
	}
	return w.protocol
}

// list is a flag of values with commas between them.
type list[T any] struct {
	values *[]T
	parse  func(string) (T, error)
}

func (l list[T]) String() string { return "" }
func (l list[T]) Set(text string) error {
	*l.values = nil
	for _, part := range strings.Split(text, ",") {
		v, err := l.parse(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		*l.values = append(*l.values, v)
	}
	return nil
}

func parseSignal(s string) (string, error) {
	if !slices.Contains([]string{traces, logs, metrics}, s) {
		return "", fmt.Errorf("%q is not traces, logs or metrics", s)
	}
	return s, nil
}

func parseWay(s string) (way, error) {
	protocol, packed := strings.CutSuffix(s, "+gzip")
	if protocol != "grpc" && protocol != "http" {
		return way{}, fmt.Errorf("%q is not grpc, http, grpc+gzip or http+gzip", s)
	}
	return way{protocol, packed}, nil
}

func parseSize(s string) (float64, error) {
	size, err := strconv.ParseFloat(s, 64)
	if err != nil || size <= 0 {
		return 0, fmt.Errorf("%q is not a number of millions", s)
	}
	return size, nil
}

func main() {
	o := options{signals: []string{traces, logs, metrics}, sizes: []float64{2}, ways: []way{{protocol: "grpc"}}}
	flag.StringVar(&o.binary, "binary", "./sightline", "program to measure")
	flag.Var(list[string]{&o.signals, parseSignal}, "signals", "what to send, each apart (default traces,logs,metrics)")
	flag.Var(list[float64]{&o.sizes, parseSize}, "sizes", "millions of spans in the table after each step: 1,2,4 says how the cost grows (default 2)")
	flag.IntVar(&o.records, "records", 1_000_000, "log records to send")
	flag.IntVar(&o.points, "points", 1_000_000, "metric points to send")
	flag.Var(list[way]{&o.ways, parseWay}, "ways", "how to send: grpc, http, grpc+gzip, http+gzip; the first for everything, the others for a step of each signal (default grpc)")
	flag.IntVar(&o.wayItems, "way-items", 500_000, "items of the steps for other ways")
	flag.IntVar(&o.together, "together", 300_000, "items of each signal to send all at once; 0: skip")
	flag.IntVar(&o.yardstick, "yardstick", 500_000, "items of each signal to send to a collector that keeps nothing; 0: skip")
	flag.IntVar(&o.senders, "senders", 4, "clients, each with a connection of its own")
	flag.IntVar(&o.inFlight, "in-flight", 2, "requests that a client has under way")
	flag.IntVar(&o.queries, "queries", 100, "how often each question is asked, with new values each time; 0: skip")
	flag.DurationVar(&o.half, "half", 10*time.Second, "how long to send each signal at half of the measured rate, for ack latency and freshness; 0: skip")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.StringVar(&o.keep, "data", "", "data folder to use and keep, empty or new; without it a temporary one")
	flag.Parse()
	if !slices.IsSorted(o.sizes) {
		exit(fmt.Errorf("-sizes must grow"))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := measure(ctx, o)
	if err != nil {
		stop()
		exit(err)
	}
	if o.json {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else {
		err = r.print(os.Stdout)
	}
	if err != nil {
		exit(err)
	}
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}
