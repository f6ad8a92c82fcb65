package jsonpb

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON (RFC 8259) from a byte slice.
type scanner struct {
	in      []byte
	p       int
	scratch []byte // of strings with escapes
}

func (s *scanner) fail(field, format string, args ...any) error {
	return &Error{Offset: s.p, Field: field, Problem: fmt.Sprintf(format, args...)}
}

// space passes over white space and returns the byte that follows, 0 at the end.
func (s *scanner) space() byte {
	for s.p < len(s.in) {
		switch c := s.in[s.p]; c {
		case ' ', '\t', '\n', '\r':
			s.p++
		default:
			return c
		}
	}
	return 0
}

// literal passes over a word if it is there.
func (s *scanner) literal(word string) bool {
	if !bytes.HasPrefix(s.in[s.p:], []byte(word)) {
		return false
	}
	s.p += len(word)
	return true
}

func (s *scanner) null() bool { return s.literal("null") }

// text reads the string that begins at p. It is valid until the next call. Bytes that are not UTF-8 stay as they are.
func (s *scanner) text() ([]byte, error) {
	start := s.p + 1
	for i := start; i < len(s.in); i++ {
		switch c := s.in[i]; {
		case c == '"':
			s.p = i + 1
			return s.in[start:i], nil
		case c == '\\':
			return s.escaped(start, i)
		case c < ' ':
			s.p = i
			return nil, s.fail("", "control character in a string")
		}
	}
	s.p = len(s.in)
	return nil, s.fail("", "string is not ended")
}

// escaped reads the rest of a string from its first backslash.
func (s *scanner) escaped(start, i int) ([]byte, error) {
	out := append(s.scratch[:0], s.in[start:i]...)
	for i < len(s.in) {
		c := s.in[i]
		i++
		switch {
		case c == '"':
			s.p, s.scratch = i, out
			return out, nil
		case c < ' ':
			s.p = i - 1
			return nil, s.fail("", "control character in a string")
		case c != '\\':
			out = append(out, c)
			continue
		}
		if i >= len(s.in) {
			break
		}
		e := s.in[i]
		i++
		switch e {
		case '"', '\\', '/':
			out = append(out, e)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := hex4(s.in, i)
			if !ok {
				s.p = i
				return nil, s.fail("", "want four hex digits after \\u")
			}
			i += 4
			if utf16.IsSurrogate(r) { // half of a pair; alone it is nobody's character
				if low, ok := hex4(s.in, i+2); ok && s.in[i] == '\\' && s.in[i+1] == 'u' && utf16.DecodeRune(r, low) != utf8.RuneError {
					r = utf16.DecodeRune(r, low)
					i += 6
				} else {
					r = utf8.RuneError
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			s.p = i - 1
			return nil, s.fail("", "unknown escape in a string")
		}
	}
	s.p = len(s.in)
	return nil, s.fail("", "string is not ended")
}

func hex4(b []byte, i int) (r rune, ok bool) {
	if i < 0 || i+4 > len(b) {
		return 0, false
	}
	for _, c := range b[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number reads a number as it is written.
func (s *scanner) number() ([]byte, error) {
	start := s.p
	digits := func() bool {
		from := s.p
		for s.p < len(s.in) && '0' <= s.in[s.p] && s.in[s.p] <= '9' {
			s.p++
		}
		return s.p > from
	}
	at := func(c ...byte) bool {
		if s.p < len(s.in) && bytes.IndexByte(c, s.in[s.p]) >= 0 {
			s.p++
			return true
		}
		return false
	}
	at('-')
	zero := s.p < len(s.in) && s.in[s.p] == '0'
	from := s.p
	if !digits() || zero && s.p > from+1 {
		return nil, s.fail("", "want a number")
	}
	if at('.') && !digits() {
		return nil, s.fail("", "want digits after the point")
	}
	if at('e', 'E') {
		at('+', '-')
		if !digits() {
			return nil, s.fail("", "want digits in the exponent")
		}
	}
	return s.in[start:s.p], nil
}

// maxSkipped is how deep a value of an unknown key may nest.
const maxSkipped = 512

// skip passes over a value, without calling itself however deep it nests.
func (s *scanner) skip() error {
	var open [maxSkipped]byte
	depth := 0
	for {
		switch c := s.space(); c { // a value
		case '{', '[':
			if depth == maxSkipped {
				return ErrTooDeep
			}
			s.p++
			open[depth] = c + 2 // } and ] come two after { and [
			depth++
			if s.space() == c+2 {
				break
			}
			if c == '{' {
				if err := s.key(); err != nil {
					return err
				}
			}
			continue
		case '"':
			if _, err := s.text(); err != nil {
				return err
			}
		default:
			if !s.literal("true") && !s.literal("false") && !s.literal("null") {
				if _, err := s.number(); err != nil {
					return err
				}
			}
		}
		for { // what follows it
			if depth == 0 {
				return nil
			}
			c := s.space()
			if c == open[depth-1] {
				s.p++
				depth--
				continue
			}
			if c != ',' {
				return s.fail("", "want a comma or the end of an array or object")
			}
			s.p++
			if open[depth-1] == '}' {
				if err := s.key(); err != nil {
					return err
				}
			}
			break
		}
	}
}

// key passes over a key and its colon.
func (s *scanner) key() error {
	if s.space() != '"' {
		return s.fail("", "want a key")
	}
	if _, err := s.text(); err != nil {
		return err
	}
	if s.space() != ':' {
		return s.fail("", "want a colon after a key")
	}
	s.p++
	return nil
}
