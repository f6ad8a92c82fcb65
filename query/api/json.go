package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// ContentType of our answers.
const ContentType = "application/json"

// WriteJSON answers 200 with a value. Nothing is written if the value can't be encoded.
func WriteJSON(w http.ResponseWriter, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the answer is never HTML, and nosniff says so
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", ContentType)
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// Stream writes one large JSON value piece by piece, in constant memory. Calls must make well-formed JSON; commas come by
// themselves. The first failure to write is kept, and what follows does nothing.
type Stream struct {
	w     http.ResponseWriter
	buf   []byte
	comma bool
	err   error
}

// streamBuffer is when a stream hands on what it has.
const streamBuffer = 64 << 10

// NewStream begins an answer of 200 as the first piece is written.
func NewStream(w http.ResponseWriter) *Stream {
	w.Header().Set("Content-Type", ContentType)
	return &Stream{w: w, buf: make([]byte, 0, streamBuffer+4096)}
}

// Open begins an object or array ('{' or '['), as a value.
func (s *Stream) Open(bracket byte) {
	s.separate()
	s.buf = append(s.buf, bracket)
	s.comma = false
}

// Close ends what Open began ('}' or ']').
func (s *Stream) Close(bracket byte) {
	s.buf = append(s.buf, bracket)
	s.comma = true
	s.flushFull()
}

// Key begins a member of an object; its value follows. The key must need no escaping.
func (s *Stream) Key(key string) {
	s.separate()
	s.buf = append(s.buf, '"')
	s.buf = append(s.buf, key...)
	s.buf = append(s.buf, '"', ':')
	s.comma = false
}

// Int is a value.
func (s *Stream) Int(n int64) {
	s.separate()
	s.buf = strconv.AppendInt(s.buf, n, 10)
	s.flushFull()
}

// String is a value.
func (s *Stream) String(text string) {
	s.separate()
	s.buf = AppendString(s.buf, text)
	s.flushFull()
}

// Bool is a value.
func (s *Stream) Bool(b bool) {
	s.separate()
	s.buf = strconv.AppendBool(s.buf, b)
}

// Value encodes a value of any type.
func (s *Stream) Value(v any) {
	b, err := json.Marshal(v)
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("encode answer: %w", err)
		return
	}
	s.Raw(b)
}

// Raw is a value that is JSON already.
func (s *Stream) Raw(b []byte) {
	s.separate()
	s.buf = append(s.buf, b...)
	s.flushFull()
}

// Err is the first failure to write, if there was one.
func (s *Stream) Err() error { return s.err }

// End hands on the rest and tells the first failure.
func (s *Stream) End() error {
	s.buf = append(s.buf, '\n')
	s.flush()
	return s.err
}

func (s *Stream) separate() {
	if s.comma {
		s.buf = append(s.buf, ',')
	}
	s.comma = true
}

func (s *Stream) flushFull() {
	if len(s.buf) >= streamBuffer {
		s.flush()
	}
}

func (s *Stream) flush() {
	if s.err == nil {
		if _, err := s.w.Write(s.buf); err != nil {
			s.err = fmt.Errorf("write answer: %w", err)
		}
	}
	s.buf = s.buf[:0]
}

const hexDigits = "0123456789abcdef"

// AppendString appends text as a JSON string. Bytes that are not UTF-8 become U+FFFD; so do none that are.
func AppendString(b []byte, text string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			b = append(b, text[from:i]...)
			if c == '"' || c == '\\' {
				b = append(b, '\\', c)
			} else {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' { // the latter two end lines in old JavaScript
			b = append(b, text[from:i]...)
			if size == 1 {
				b = append(b, "\ufffd"...)
			} else {
				b = append(b, `\u202`...)
				b = append(b, hexDigits[r&15])
			}
			from = i + size
		}
		i += size
	}
	b = append(b, text[from:]...)
	return append(b, '"')
}
