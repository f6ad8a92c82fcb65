package admission

import (
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Gate bounds the memory of requests that are under way. It is safe for concurrent use.
type Gate struct {
	max  int64
	used atomic.Int64
}

// NewGate lets so many bytes in at a time.
func NewGate(max int64) *Gate { return &Gate{max: max} }

// Take reserves bytes, or says that there is no room. One request is always let in.
func (g *Gate) Take(n int64) bool {
	if used := g.used.Add(n); used > g.max && used != n {
		g.used.Add(-n)
		return false
	}
	return true
}

// Give returns bytes that Take reserved.
func (g *Gate) Give(n int64) { g.used.Add(-n) }

// Used is how many bytes are under way.
func (g *Gate) Used() int64 { return g.used.Load() }

// Crowded is the answer while the gate has no room.
func Crowded() *Refusal {
	return Backpressure(time.Second, "too many bytes of requests are under way (err-sightline-in-flight)")
}

// Body is a request's body after decompression, in a buffer that goes back to a pool.
type Body struct {
	B    []byte
	gate *Gate
	held int64
}

var bodies = sync.Pool{New: func() any { return new(Body) }}

const (
	firstBuffer = 64 << 10
	trustLength = 1 << 20 // a declared length is believed this far; beyond, the buffer grows as bytes come
	keepBuffer  = 4 << 20 // larger buffers are left to the garbage collector
)

// NewBody is an empty body that takes its memory from the gate.
func NewBody(gate *Gate) *Body {
	b := bodies.Get().(*Body)
	b.gate = gate
	return b
}

// Release gives the buffer back. B must not be used after it.
func (b *Body) Release() {
	b.gate.Give(b.held)
	b.gate, b.held = nil, 0
	if b.B = b.B[:0]; cap(b.B) > keepBuffer {
		b.B = nil
	}
	bodies.Put(b)
}

// grow makes room for n bytes in all.
func (b *Body) grow(n int64) error {
	if n > b.held {
		if !b.gate.Take(n - b.held) {
			return Crowded()
		}
		b.held = n
	}
	if int64(cap(b.B)) < n {
		bigger := make([]byte, len(b.B), n)
		copy(bigger, b.B)
		b.B = bigger
	}
	return nil
}

// Held is how many bytes it has taken of the gate: what its buffer has room for, which may be more than is in it.
func (b *Body) Held() int64 { return b.held }

// Reserve makes room for n bytes, so that whoever appends to B has them already.
func (b *Body) Reserve(n int64) error { return b.grow(n) }

// Fill reads to the end of r, up to limit bytes. The size is what is expected, -1 if unknown.
func (b *Body) Fill(r io.Reader, size, limit int64) error {
	first := size + 1 // one more, so that the end is seen without growing
	if size < 0 {
		first = max(firstBuffer, int64(cap(b.B)))
	}
	if err := b.grow(min(first, trustLength, limit+1)); err != nil {
		return err
	}
	for {
		n, err := r.Read(b.B[len(b.B):min(int64(cap(b.B)), limit+1)])
		b.B = b.B[:len(b.B)+n]
		if int64(len(b.B)) > limit {
			return TooLarge(limit)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(b.B) == cap(b.B) {
			next := 2 * int64(cap(b.B))
			if size > 0 {
				next = max(next, min(size+1, 8*int64(cap(b.B))))
			}
			if err := b.grow(min(next, limit+1)); err != nil {
				return err
			}
		}
	}
}

// Encoding is a content coding.
type Encoding string

// ParseEncoding reads the values of a Content-Encoding header. Several codings on top of each other are refused: no client
// sends them, and each doubles what a bomb is worth.
func ParseEncoding(values []string) (Encoding, error) {
	if len(values) > 1 {
		return "", BadEncoding("Content-Encoding is given %d times; one of gzip, zstd, deflate or none is supported", len(values))
	}
	if len(values) == 0 {
		return "", nil
	}
	switch e := Encoding(strings.ToLower(strings.TrimSpace(values[0]))); e {
	case "", "identity":
		return "", nil
	case "gzip", "zstd", "deflate":
		return e, nil
	}
	return "", BadEncoding("Content-Encoding %.100q is not supported; use gzip, zstd, deflate or none", values[0])
}

// Decompressors keeps decoders for use again. The zero value is ready, and safe for concurrent use.
type Decompressors struct {
	gzip, zstd, zlib sync.Pool
}

// source counts what is read of a compressed body, and tells a client that broke off from a body that is broken.
type source struct {
	r     io.Reader
	left  int64
	limit int64
	err   error
}

func (s *source) Read(p []byte) (int, error) {
	if s.left <= 0 {
		s.err = TooLarge(s.limit)
		return 0, s.err
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Read fills the body from r, decompressed. declared is the length of what comes over the wire, -1 if unknown. Every error is a
// *Refusal.
func (d *Decompressors) Read(b *Body, r io.Reader, e Encoding, declared, limit int64) error {
	if declared > limit {
		return TooLarge(limit)
	}
	if e == "" {
		return refusal(b.Fill(r, declared, limit), nil)
	}
	src := &source{r: r, left: limit + 1, limit: limit}
	return refusal(d.decode(b, src, e, limit), src)
}

func refusal(err error, src *source) error {
	var r *Refusal
	switch {
	case err == nil:
		return nil
	case src != nil && src.err != nil && errors.As(src.err, &r):
		return r
	case errors.As(err, &r):
		return r
	case src == nil:
		return Aborted(err)
	case src.err != nil:
		return Aborted(src.err)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return TooLarge(int64(src.limit))
	}
	return BadEncoding("body can't be decompressed: %v", err)
}

func (d *Decompressors) decode(b *Body, src *source, e Encoding, limit int64) error {
	switch e {
	case "gzip":
		z, ok := d.gzip.Get().(*gzip.Reader)
		var err error
		if !ok {
			z, err = gzip.NewReader(src)
		} else {
			err = z.Reset(src)
		}
		if err != nil {
			return early(err)
		}
		defer d.gzip.Put(z)
		return b.Fill(z, -1, limit)
	case "zstd":
		z, ok := d.zstd.Get().(*zstd.Decoder)
		if !ok {
			var err error
			// One goroutine, and a window no larger than every zstd encoder must do with (RFC 8878, 3.1.1.1.2).
			z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
			if err != nil {
				return err
			}
		}
		if err := z.Reset(src); err != nil {
			return err
		}
		defer d.zstd.Put(z)
		return b.Fill(z, -1, limit)
	default: // deflate is zlib's format (RFC 9110, 8.4.1.2)
		z, ok := d.zlib.Get().(io.ReadCloser)
		var err error
		if !ok {
			z, err = zlib.NewReader(src)
		} else {
			err = z.(zlib.Resetter).Reset(src, nil)
		}
		if err != nil {
			return early(err)
		}
		defer d.zlib.Put(z)
		return b.Fill(z, -1, limit)
	}
}

// early makes an end inside a header one that is too early: an empty body is no gzip.
func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
