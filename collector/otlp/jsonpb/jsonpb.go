// Package jsonpb turns OTLP JSON requests into protobuf in one pass, without building objects, so that everything after
// it knows protobuf alone. It follows the OTLP specification to the letter: lowerCamel keys, hex ids, numbers for enums; unknown
// keys are ignored. It refuses to go deeper than admission.MaxDepth, and never recurses by what the input says beyond that.
package jsonpb

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sightline/sightline/collector/admission"
)

// ErrTooDeep is returned for an attribute that nests deeper than admission.MaxDepth.
var ErrTooDeep = errors.New("attribute is nested too deep")

// Error is a request that is not OTLP JSON.
type Error struct {
	Offset  int // of the byte where it was noticed
	Field   string
	Got     string // what is there, cut; empty: the problem says it
	Problem string
}

func (e *Error) Error() string {
	if e.Got == "" {
		return e.Public()
	}
	return fmt.Sprintf("byte %d: %s: %q %s", e.Offset, e.Field, e.Got, e.Problem)
}

// Public is the error without anything of the body.
func (e *Error) Public() string {
	if e.Field == "" {
		return fmt.Sprintf("byte %d: %s", e.Offset, e.Problem)
	}
	return fmt.Sprintf("byte %d: %s: %s", e.Offset, e.Field, e.Problem)
}

// cut is what an error quotes of a value.
func cut(s []byte) string { return string(s[:min(len(s), 50)]) }

// Traces appends to dst the protobuf of the ExportTraceServiceRequest in src. Zero values that say nothing are left out.
func Traces(dst, src []byte) ([]byte, error) { return convert(dst, src, traces) }

// Logs appends to dst the protobuf of the ExportLogsServiceRequest in src.
func Logs(dst, src []byte) ([]byte, error) { return convert(dst, src, logs) }

// Metrics appends to dst the protobuf of the ExportMetricsServiceRequest in src.
func Metrics(dst, src []byte) ([]byte, error) { return convert(dst, src, metrics) }

func convert(dst, src []byte, request *message) ([]byte, error) {
	c := coder{scanner: scanner{in: src}, out: dst}
	if c.space() != '{' {
		return dst, c.fail("", "want an object with %s", request.fields[0].name)
	}
	if err := c.object(request, 0); err != nil {
		return dst, err
	}
	if c.space() != 0 || c.p < len(c.in) {
		return dst, c.fail("", "something follows the request")
	}
	return c.out, nil
}

type coder struct {
	scanner
	out []byte
}

// object writes the fields of the object that begins at p. level is how many AnyValues it is inside of.
func (c *coder) object(m *message, level int) error {
	if m.nests {
		if level++; level > admission.MaxDepth {
			return ErrTooDeep
		}
	}
	c.p++ // {
	if c.space() == '}' {
		c.p++
		return nil
	}
	for {
		if c.space() != '"' {
			return c.fail("", "want a key")
		}
		key, err := c.text()
		if err != nil {
			return err
		}
		f := m.find(key)
		if f == nil {
			if known := m.find([]byte(camel(key))); known != nil {
				return &Error{c.p, known.name, cut(key), "is not lowerCamel, as all keys of OTLP JSON are"}
			}
		}
		if c.space() != ':' {
			return c.fail("", "want a colon after a key")
		}
		c.p++
		c.space()
		switch {
		case f == nil:
			err = c.skip()
		case c.null():
		case f.repeated:
			err = c.array(f, level)
		default:
			err = c.value(f, f.said, level)
		}
		if err != nil {
			return err
		}
		switch c.space() {
		case ',':
			c.p++
		case '}':
			c.p++
			return nil
		default:
			return c.fail("", "want a comma or the end of an object")
		}
	}
}

func (c *coder) array(f *field, level int) error {
	if c.space() != '[' {
		return c.fail(f.name, "want an array")
	}
	c.p++
	if c.space() == ']' {
		c.p++
		return nil
	}
	start := 0
	if f.packed {
		c.tag(f.num, 2)
		start = c.open()
	}
	for {
		c.space()
		if err := c.value(f, true, level); err != nil {
			return err
		}
		switch c.space() {
		case ',':
			c.p++
		case ']':
			c.p++
			if f.packed {
				c.close(start)
			}
			return nil
		default:
			return c.fail(f.name, "want a comma or the end of an array")
		}
	}
}

// value writes one value. said makes a zero count.
func (c *coder) value(f *field, said bool, level int) error {
	switch f.format {
	case asMessage:
		if c.space() != '{' {
			return c.fail(f.name, "want an object")
		}
		c.tag(f.num, 2)
		start := c.open()
		if err := c.object(f.message, level); err != nil {
			return err
		}
		c.close(start)
		return nil
	case asString, asHex16, asHex8, asBase64:
		if c.space() != '"' {
			return c.fail(f.name, "want a string")
		}
		at := c.p
		s, err := c.text()
		if err != nil {
			return err
		}
		return c.bytes(f, s, said, at)
	case asBool:
		switch {
		case c.literal("true"):
			c.tag(f.num, 0)
			c.out = append(c.out, 1)
		case c.literal("false"):
			c.tag(f.num, 0)
			c.out = append(c.out, 0)
		default:
			return c.fail(f.name, "want true or false")
		}
		return nil
	}
	return c.numeric(f, said)
}

// bytes writes a value that JSON has as a string and protobuf as bytes.
func (c *coder) bytes(f *field, s []byte, said bool, at int) error {
	if len(s) == 0 && !said {
		return nil
	}
	switch f.format {
	case asString:
		c.tag(f.num, 2)
		c.out = binary.AppendUvarint(c.out, uint64(len(s)))
		c.out = append(c.out, s...)
	case asHex16, asHex8:
		want := 16
		if f.format == asHex8 {
			want = 8
		}
		if len(s) != 2*want {
			return &Error{at, f.name, cut(s), fmt.Sprintf("does not have %d hex digits", 2*want)}
		}
		c.tag(f.num, 2)
		c.out = append(c.out, byte(want))
		n := len(c.out)
		c.out = append(c.out, s[:want]...)
		if _, err := hex.Decode(c.out[n:], s); err != nil {
			return &Error{at, f.name, cut(s), "is not hex"}
		}
	case asBase64: // standard or URL alphabet, padded or not, as protobuf's JSON mapping has it
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(string(s), "="))
		b, err := base64.RawStdEncoding.DecodeString(plain)
		if err != nil {
			return &Error{at, f.name, "", "is not base64"}
		}
		c.tag(f.num, 2)
		c.out = binary.AppendUvarint(c.out, uint64(len(b)))
		c.out = append(c.out, b...)
	}
	return nil
}

// numeric writes a number, which JSON may have in quotes.
func (c *coder) numeric(f *field, said bool) error {
	at := c.p
	var token []byte
	var err error
	quoted := c.space() == '"'
	if quoted {
		if f.format == asEnum {
			return c.fail(f.name, "want a number; OTLP JSON has no names of enum values")
		}
		token, err = c.text()
	} else {
		token, err = c.number()
	}
	if err != nil {
		return err
	}
	bad := func() error { return &Error{at, f.name, cut(token), "is not a number in its range"} }
	if f.format == asDouble {
		v, err := strconv.ParseFloat(string(token), 64)
		if err != nil && !(errors.Is(err, strconv.ErrRange) && math.IsInf(v, 0)) || quoted && !floats(token) {
			return bad()
		}
		c.number64(f, math.Float64bits(v))
		return nil
	}
	v, ok := integer(token, f.format)
	if !ok {
		return bad()
	}
	if v == 0 && !said {
		return nil
	}
	switch f.format {
	case asFixed64, asSfixed64:
		c.number64(f, v)
	case asFixed32:
		c.tag(f.num, 5)
		c.out = binary.LittleEndian.AppendUint32(c.out, uint32(v))
	default:
		if !f.packed {
			c.tag(f.num, 0)
		}
		c.out = binary.AppendUvarint(c.out, v)
	}
	return nil
}

// number64 writes a number of eight bytes.
func (c *coder) number64(f *field, v uint64) {
	if !f.packed {
		c.tag(f.num, 1)
	}
	c.out = binary.LittleEndian.AppendUint64(c.out, v)
}

// floats are the doubles that may be in quotes: numbers, and what JSON has no numbers for.
func floats(token []byte) bool {
	switch string(token) {
	case "NaN", "Infinity", "-Infinity":
		return true
	}
	return len(token) > 0 && strings.Trim(string(token), "+-0123456789.eE") == ""
}

// integer reads an integer, also one written as 1e3 or 5.0, and says whether the format has room for it.
func integer(token []byte, f format) (v uint64, ok bool) {
	s := string(token)
	if strings.ContainsAny(s, ".eE") {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return 0, false
		}
		s = strconv.FormatInt(int64(x), 10)
	}
	switch f {
	case asInt64, asSfixed64:
		n, err := strconv.ParseInt(s, 10, 64)
		return uint64(n), err == nil
	case asSint32:
		n, err := strconv.ParseInt(s, 10, 32)
		return uint64(uint32(n<<1) ^ uint32(n>>31)), err == nil
	case asEnum:
		n, err := strconv.ParseInt(s, 10, 32)
		return uint64(n), err == nil
	case asFixed64, asUint64:
		n, err := strconv.ParseUint(s, 10, 64)
		return n, err == nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return n, err == nil
}

func (c *coder) tag(num, wire uint32) {
	c.out = binary.AppendUvarint(c.out, uint64(num<<3|wire))
}

// open leaves one byte for the length of a message.
func (c *coder) open() int {
	c.out = append(c.out, 0)
	return len(c.out)
}

// close writes the length of the message that began at start, and moves it where one byte was not enough.
func (c *coder) close(start int) {
	size := len(c.out) - start
	if size < 0x80 {
		c.out[start-1] = byte(size)
		return
	}
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(size))
	c.out = append(c.out, length[1:n]...)
	copy(c.out[start+n-1:], c.out[start:start+size])
	copy(c.out[start-1:], length[:n])
}

// camel is the lowerCamel spelling of a snake_case key.
func camel(key []byte) string {
	var b strings.Builder
	up := false
	for _, c := range key {
		switch {
		case c == '_':
			up = true
		case up && 'a' <= c && c <= 'z':
			b.WriteByte(c - 'a' + 'A')
			up = false
		default:
			b.WriteByte(c)
			up = false
		}
	}
	return b.String()
}
