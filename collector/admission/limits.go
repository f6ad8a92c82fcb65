// Package admission is what a request meets before anything is decoded: authentication, size, encoding, pressure, and the
// answer it gets if it may not pass. Every answer is the one that OTLP asks for, with a hint when to come back wherever coming
// back helps. It refuses to look into a body.
package admission

import "time"

// LimitsVersion goes into every journal record: it names the rules by which items were rejected. Raise it when they change.
const LimitsVersion uint16 = 2

// MaxDepth is how deep AnyValues may nest, the attribute's own included.
const MaxDepth = 64

// Limits are what a request has to keep to. The zero value of a field takes the default in brackets.
type Limits struct {
	Request   int64         // bytes of a request after decompression [16 MiB]
	InFlight  int64         // bytes of all requests that are being received or made durable [64 MiB]; the journal takes as much again
	Future    time.Duration // how far ahead of our clock an item may be [1 h]
	Retention Retention     // how old an item may be
	Receive   time.Duration // how long a request may take to arrive and become durable [30 s]
	Series    int           // how many series a project may have at a time [1,000,000]
	OfMetric  int           // how many of them may have one metric's name [100,000]
	Rate      int64         // bytes a second per project after decompression, with a burst of two seconds; 0: not limited
}

// Retention is the longest that any item of a signal is kept.
type Retention struct {
	Traces  time.Duration // [7 days]
	Logs    time.Duration // [7 days]
	Metrics time.Duration // [30 days]
}

// WithDefaults fills the fields that are zero.
func (l Limits) WithDefaults() Limits {
	if l.Request == 0 {
		l.Request = 16 << 20
	}
	if l.InFlight == 0 {
		l.InFlight = 64 << 20
	}
	if l.Future == 0 {
		l.Future = time.Hour
	}
	for _, r := range []struct {
		keep *time.Duration
		days time.Duration
	}{{&l.Retention.Traces, 7}, {&l.Retention.Logs, 7}, {&l.Retention.Metrics, 30}} {
		if *r.keep == 0 {
			*r.keep = r.days * 24 * time.Hour
		}
	}
	if l.Series == 0 {
		l.Series = 1_000_000
	}
	if l.OfMetric == 0 {
		l.OfMetric = 100_000
	}
	if l.Receive == 0 {
		l.Receive = 30 * time.Second
	}
	return l
}
