// Package content is what the canary writes: everything of a round follows from a seed and a sequence number, so that what must be
// there can be computed again at any time, by another process, from a log of sequence numbers alone.
package content

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// Env is the deployment environment of everything that a canary sends, so that people can leave it out.
const Env = "sightline-canary"

// Run is one canary: its seed, and how long a round takes. The sequence number of a round is how many rounds there were since 1970,
// so that a canary that is started again goes on where it was.
type Run struct {
	Seed     string
	Interval time.Duration // divides a minute: a round lies in one minute of the service map
}

// ID names the run in everything that it sends: 8 hex digits.
func (r Run) ID() string {
	sum := sha256.Sum256([]byte(r.Seed))
	return hex.EncodeToString(sum[:4])
}

// At is when a round begins.
func (r Run) At(seq int64) time.Time { return time.Unix(0, seq*int64(r.Interval)).UTC() }

// Next is the first round that begins after a time.
func (r Run) Next(after time.Time) int64 { return after.UnixNano()/int64(r.Interval) + 1 }

// Services are the names of those that a run's traces go through, in the order of the calls.
func (r Run) Services() (web, orders string) {
	return "sightline-canary-" + r.ID() + "-web", "sightline-canary-" + r.ID() + "-orders"
}

// Database is the name of the database that the service of orders asks.
func (r Run) Database() string { return "canary_" + r.ID() }

// key signs the run's items.
func (r Run) key() []byte {
	sum := sha256.Sum256([]byte("sightline canary: key of " + r.Seed))
	return sum[:]
}

// draws is an endless stream of numbers that belongs to a round. ChaCha8 is specified: the same numbers in every version.
type draws struct{ source *rand.ChaCha8 }

func (r Run) draws(seq int64, signal string) draws {
	mac := hmac.New(sha256.New, r.key())
	mac.Write(binary.BigEndian.AppendUint64([]byte(signal), uint64(seq)))
	return draws{rand.NewChaCha8([32]byte(mac.Sum(nil)))}
}

// below is a number from 0 to n-1.
func (d draws) below(n int) int { return int(d.source.Uint64() % uint64(n)) }

// id is n bytes that are not all zero.
func (d draws) id(n int) []byte {
	b := make([]byte, 0, n)
	for len(b) < n {
		b = binary.BigEndian.AppendUint64(b, d.source.Uint64())
	}
	b[0] |= 1
	return b
}

// words is text that no rule for secrets takes for one: letters and digits that begin with a letter.
func (d draws) words() string { return "w" + hex.EncodeToString(d.id(8)) }

// moment is a time within a round, k of 64 parts in; of a long round in its first 64 ms.
func (r Run) moment(seq int64, k int) uint64 {
	return uint64(seq*int64(r.Interval) + int64(k)*int64(min(r.Interval/64, time.Millisecond)))
}
