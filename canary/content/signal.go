package content

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
)

// Signal is one of the three.
type Signal int

// The signals, and how many there are.
const (
	Traces Signal = iota
	Logs
	Metrics
	Signals
)

var signalNames = []string{"traces", "logs", "metrics"}

func (s Signal) String() string { return signalNames[s] }

// SignalNamed is the signal of a name; -1 for none.
func SignalNamed(name string) Signal { return Signal(slices.Index(signalNames, name)) }

// Fate is what became of a request.
type Fate string

// Fates.
const (
	Sending Fate = "sending" // perhaps it arrives, perhaps not
	Acked   Fate = "acked"
	Refused Fate = "refused" // for good: it may not be there
)

// Fates are those of the requests of rounds, by sequence number.
type Fates map[int64]map[Signal]Fate

// Set notes one.
func (f Fates) Set(seq int64, s Signal, fate Fate) {
	if f[seq] == nil {
		f[seq] = map[Signal]Fate{}
	}
	f[seq][s] = fate
}

// Body is a round's request of a signal as it goes over the wire: each time the same bytes.
func (r Run) Body(seq int64, s Signal) ([]byte, error) {
	m := []proto.Message{r.Traces(seq), r.Logs(seq), r.Metrics(seq)}[s]
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", s, err)
	}
	return body, nil
}

// Items is how many items a round has of a signal.
func (r Run) Items(seq int64, s Signal) int {
	switch s {
	case Traces:
		return 1 + 3*r.Edges(seq).Calls
	case Logs:
		return Records
	}
	return Points
}
