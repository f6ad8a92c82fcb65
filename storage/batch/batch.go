// Package batch is what the loader and the signals' writers agree on: a request becomes rows, rows become blocks, one INSERT each,
// and every row carries the id of its batch, so that what became of an INSERT can be counted. It knows no signal.
package batch

import (
	"encoding/binary"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/traces/peer"
)

// ID names a batch in every row of it: a little-endian UInt128, low half the journal's id, high half the time of the cut.
type ID [16]byte

// NewID makes the id of a batch cut at a time out of a journal.
func NewID(journal [8]byte, cut time.Time) (id ID) {
	copy(id[:8], journal[:])
	binary.LittleEndian.PutUint64(id[8:], uint64(cut.UnixNano()))
	return id
}

// Cut is when the batch was cut.
func (id ID) Cut() time.Time {
	return time.Unix(0, int64(binary.LittleEndian.Uint64(id[8:]))).UTC()
}

// String is the id as ClickHouse prints it and reads it in a parameter: a decimal number.
func (id ID) String() string {
	var be [16]byte
	for i, c := range id {
		be[15-i] = c
	}
	return new(big.Int).SetBytes(be[:]).String()
}

// DecoderVersion changes whenever the same request may become other rows. A cut keeps it: one that an older decoder made is
// verified, not made again.
const DecoderVersion = 2

// DefaultRetentionDays is how long a signal is kept where a Policy does not say.
const DefaultRetentionDays = 7

// Retention is how long a signal is kept, in days.
type Retention struct {
	Days     uint16            `json:"retention_days"`              // 0: DefaultRetentionDays
	Services map[string]uint16 `json:"service_retention,omitempty"` // instead, by service.name
}

// Of is the retention of a service.
func (r Retention) Of(service string) uint16 {
	if days := r.Services[service]; days > 0 {
		return days
	}
	if r.Days == 0 {
		return DefaultRetentionDays
	}
	return r.Days
}

// Longest is the longest retention in force.
func (r Retention) Longest() uint16 {
	days := r.Of("")
	for _, d := range r.Services {
		days = max(days, d)
	}
	return days
}

// Equal says whether they keep the same.
func (r Retention) Equal(q Retention) bool {
	return r.Days == q.Days && maps.Equal(r.Services, q.Services)
}

// Policy is all that decides, beside the request, which rows it becomes. It is kept with a cut, so that a replay makes the same.
type Policy struct {
	Retention             // of traces
	Logs      Retention   `json:"logs"`
	Metrics   Retention   `json:"metrics"`
	Redact    bool        `json:"redact"`          // mask secrets
	Hosts     []peer.Host `json:"hosts,omitempty"` // what stands behind host names, as the operator says
}

// Longest is the longest retention of all signals: resources are kept as long, whoever names them.
func (p Policy) Longest() uint16 {
	return max(p.Retention.Longest(), p.Logs.Longest(), p.Metrics.Longest())
}

// Equal says whether the policies make the same rows.
func (p Policy) Equal(q Policy) bool {
	return p.Redact == q.Redact && p.Retention.Equal(q.Retention) && p.Logs.Equal(q.Logs) && p.Metrics.Equal(q.Metrics) && slices.Equal(p.Hosts, q.Hosts)
}

// Request is one acknowledged Export...ServiceRequest.
type Request struct {
	Project  string
	Received time.Time
	Body     []byte   // protobuf; not kept, not changed
	Rejected []uint32 // ordinals, in the order of the bytes, of items that were not acknowledged; ascending
	Items    int      // accepted items in the body, as far as the caller knows; a hint
}

// Kind says what a repeated insert of a block does.
type Kind uint8

const (
	Idempotent Kind = iota // resources, indexes: nothing
	Counted                // items: duplicates; the rows of the batch must be counted first
)

// Block is the rows of a batch for one partition of one table: what one INSERT sends.
type Block struct {
	Table         string
	Partition     string    // "retention,yyyymmdd"; "" for a table without partitions
	RetentionDays uint16    // of the partition
	Day           time.Time // of the partition, midnight UTC
	Columns       []string
	Rows          int
	Body          native.Body // one block in ClickHouse's Native format
	Kind          Kind
}
