// Package redact finds secrets in telemetry: by the key under which a value is sent (Authorization, cookies, passwords) and by
// the look of the text itself (tokens, AWS keys, card numbers, credentials in URLs). It is built for a hot path: Scan looks at
// eight bytes at a time and lets nearly everything pass; only what it suspects is read closely, and texts that were found clean
// are remembered by hash. It does not decide what is personal data; it knows secrets.
package redact

import (
	"encoding/binary"

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

// minDigits is the length of the shortest card number.
const minDigits = 13

// Scan looks at a text once, cheaply. What every secret has, and little else: a capital letter or one of : ; < = > ? @
// (0x3A..0x5A, one range), or at least 13 digits.
func Scan(v []byte) Flags {
	n := len(v)
	if n < 8 {
		return scanShort(v)
	}
	var all, marks, digits uint64
	for i := 0; ; i += 8 {
		if i > n-8 {
			if i == n {
				break
			}
			i = n - 8 // the last word overlaps the one before: digits count twice, which only suspects more
		}
		x := binary.LittleEndian.Uint64(v[i:])
		all |= x
		low := x &^ tops // bytes of 0x80 and more only make it suspect more
		marks |= (low + (0x80-0x3A)*ones) &^ (low + (0x80-0x5B)*ones)
		digits += ((low + (0x80-0x30)*ones) &^ (low + (0x80-0x3A)*ones) & tops) >> 7
		if i == n-8 {
			break
		}
	}
	var f Flags
	if all&tops != 0 {
		f = NonASCII
	}
	if marks&tops != 0 {
		return f | Suspect
	}
	// Each byte of digits counts one lane, and their sum must fit a byte: a longer text is suspect by its first digit.
	if (digits*ones)>>56 >= minDigits || n > 240 && digits != 0 || n > 8*255 {
		f |= Suspect
	}
	return f
}

func scanShort(v []byte) Flags {
	var f Flags
	for _, c := range v {
		if c >= 0x80 {
			f |= NonASCII
		}
		if c >= 0x3A && c <= 0x5A {
			f |= Suspect
		}
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
