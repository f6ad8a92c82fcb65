package encodetest

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// CheckBroken calls check with n requests made of the bodies, each with up to two things done to it: bytes changed, left out, put in,
// the rest cut off, another request behind it. It is a fuzz target's poor relation, for every run, and the same each time.
func CheckBroken(t *testing.T, n int, bodies [][]byte, check func(t *testing.T, body []byte)) {
	t.Helper()
	r := rand.New(rand.NewPCG(4, 4))
	for i := range n {
		body := slices.Clone(bodies[r.IntN(len(bodies))])
		for range r.IntN(3) {
			switch at := r.IntN(len(body)); r.IntN(6) {
			case 0:
				body[at] = byte(r.Uint32())
			case 1:
				body[at] ^= 1 << r.IntN(8)
			case 2:
				body = body[:at+1]
			case 3:
				body = slices.Delete(body, at, min(at+1+r.IntN(4), len(body)))
			case 4:
				body = slices.Insert(body, at, byte(r.IntN(256)), byte(r.IntN(32)))
			case 5:
				body = append(body, bodies[r.IntN(len(bodies))]...)
			}
			if len(body) == 0 {
				break
			}
		}
		if check(t, body); t.Failed() {
			t.Fatalf("request %d: %x", i, body)
		}
	}
}
