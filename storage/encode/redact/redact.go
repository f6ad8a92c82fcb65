// Package redact finds secrets in telemetry: by the key under which a value is sent (Authorization, cookies, passwords) and by
// the look of the text itself (tokens, AWS keys, card numbers, credentials in URLs). It is built for a hot path: Scan looks at
// eight bytes at a time and lets nearly everything pass; only what it suspects is read closely, and texts that were found clean
// are remembered by hash. It does not decide what is personal data; it knows secrets.
package redact

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// Mask stands where a secret stood.
const Mask = "[redacted]"

// Flags is what Scan has seen.
type Flags uint8

const (
	NonASCII Flags = 1 << iota // some byte is 0x80 or more: the text must be checked for UTF-8
	Suspect                    // may hold a secret: ask a Scrubber
)

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

const (
	minRun   = 13 // the shortest card number
	minToken = 13 // the shortest of the other secrets that have no sign in them
)

// Scan looks at a text once, eight bytes at a time. It suspects what every secret has, and little else: one of : ; < = > ? @
// (0x3A..0x40), a capital letter (0x41..0x5A) in a text of some length, or 13 bytes in a row out of space to 9 (0x20..0x39).
func Scan(v []byte) Flags {
	n := len(v)
	if n < minToken {
		return scanShort(v)
	}
	var all, signs, capitals uint64
	run, longest := 0, 0
	for i := 0; ; i += 8 {
		var x uint64
		if i <= n-8 {
			x = binary.LittleEndian.Uint64(v[i:])
		} else if i < n {
			x = binary.LittleEndian.Uint64(v[n-8:]) >> (8 * (8 - (n - i)) & 63)
		} else {
			break
		}
		all |= x
		low := x &^ tops // bytes of 0x80 and more look like others, which only makes them suspect
		from3A := low + (0x80-0x3A)*ones
		from41 := low + (0x80-0x41)*ones
		signs |= from3A &^ from41
		capitals |= from41 &^ (low + (0x80-0x5B)*ones)
		if other := ^((low + (0x80-0x20)*ones) &^ from3A) & tops; other != 0 {
			longest = max(longest, run+bits.TrailingZeros64(other)>>3)
			run = bits.LeadingZeros64(other) >> 3
		} else if run += 8; run >= minRun {
			longest = run
		}
	}
	var f Flags
	if all&tops != 0 {
		f = NonASCII
	}
	if (signs|capitals)&tops != 0 || max(longest, run) >= minRun {
		f |= Suspect
	}
	return f
}

// scanShort is Scan for what is too short for runs and capitals to count.
func scanShort(v []byte) Flags {
	var x, y uint64
	switch n := len(v); {
	case n >= 8:
		x, y = binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[n-8:])
	case n >= 4:
		x = uint64(binary.LittleEndian.Uint32(v)) | uint64(binary.LittleEndian.Uint32(v[n-4:]))<<32
	case n >= 2:
		x = uint64(binary.LittleEndian.Uint16(v)) | uint64(v[n-1])<<16
	case n == 1:
		x = uint64(v[0])
	}
	var f Flags
	if (x|y)&tops != 0 {
		f = NonASCII
	}
	x, y = x&^tops, y&^tops
	if ((x+(0x80-0x3A)*ones)&^(x+(0x80-0x41)*ones)|(y+(0x80-0x3A)*ones)&^(y+(0x80-0x41)*ones))&tops != 0 {
		f |= Suspect
	}
	return f
}

// memory is how many texts that hold no secret a Scrubber remembers.
const memory = 1 << 10

// A Scrubber reads suspects closely. It is not safe for concurrent use; the zero value is ready.
type Scrubber struct {
	clean [memory]uint64
}

// Dirty says whether the text, which Scan suspects, holds a secret.
func (s *Scrubber) Dirty(v []byte) bool {
	h := xxh3.Hash(v) | 1
	slot := &s.clean[h>>54]
	if *slot == h {
		return false
	}
	if _, _, found := find(v, 0); found {
		return true
	}
	*slot = h
	return false
}

// Text appends the text to dst with every secret masked, and says how many there were. A text that Scan does not suspect has
// none: opaque tokens without a capital letter or 13 digits are not told from words.
func Text(dst, v []byte) ([]byte, int) {
	if Scan(v)&Suspect == 0 {
		return append(dst, v...), 0
	}
	n, at := 0, 0
	for {
		start, end, found := find(v, at)
		if !found {
			return append(dst, v[at:]...), n
		}
		dst = append(dst, v[at:start]...)
		dst = append(dst, Mask...)
		at = end
		n++
	}
}
