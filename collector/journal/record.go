package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/s2"
)

// Kind says what a record carries.
type Kind uint8

const (
	KindData   Kind = 1 // a request whose accepted items are to be stored
	KindCounts Kind = 2 // no items: a deduplicated retry, or a request of which every item was rejected

	kindSeen Kind = 3 // ingest ids of a segment that gave way; readers never see it
	kindEnd  Kind = 4 // a clean close: all before it was on disk; readers never see it
	kindVoid Kind = 5 // laid over a torn group at open; its data is not checked; readers never see it
)

// Codec is how a record's body is kept. Measured with 512 spans of 532 bytes (bench of this package), CPU of append and read
// together, kernel included, and latency of one append: none 0.47 µs a span and 0.97 ms; s2 0.58 µs and 0.49 ms, a sixth of the
// bytes; zstd at its fastest 1.5 µs and an eighth. A tenth of a microsecond buys a disk that the engine has for itself.
type Codec uint8

const (
	CodecNone Codec = 1 // as it came
	CodecS2   Codec = 2 // the default
)

// Signals of records.
const (
	SignalTraces  uint8 = 1 // spans
	SignalLogs    uint8 = 2 // log records
	SignalMetrics uint8 = 3 // data points
)

// SignalName is the signal's word in accounts and answers; of one that this version does not know, a number.
func SignalName(signal uint8) string {
	switch signal {
	case SignalTraces:
		return "traces"
	case SignalLogs:
		return "logs"
	case SignalMetrics:
		return "metrics"
	}
	return "signal_" + strconv.Itoa(int(signal))
}

// Position is a place in the journal between two records. The zero Position is before everything.
type Position struct {
	Segment uint64 `json:"segment"`
	Offset  int64  `json:"offset"`
}

// Compare orders positions: negative if p is before q.
func (p Position) Compare(q Position) int {
	if p.Segment != q.Segment {
		if p.Segment < q.Segment {
			return -1
		}
		return 1
	}
	switch {
	case p.Offset < q.Offset:
		return -1
	case p.Offset > q.Offset:
		return 1
	}
	return 0
}

// Before says that p comes before q.
func (p Position) Before(q Position) bool { return p.Compare(q) < 0 }

func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Segment, p.Offset) }

// Record is one answered request. What was received is Items + the sum of Reasons + Deduplicated.
type Record struct {
	Kind          Kind
	Signal        uint8 // SignalTraces, ...
	Project       string
	Received      time.Time         // server clock, kept to the nanosecond, UTC
	LimitsVersion uint16            // of the rules that decided Rejected
	IngestID      [16]byte          // of Journal.IngestID; zero: not deduplicated
	Rejected      []uint32          // ordinals, in document order, of items in Body that are not to be stored; sorted
	Reasons       map[string]uint32 // rejected items by reason; their sum is the number rejected
	Items         uint32            // accepted items in Body
	Deduplicated  uint32            // items of a retry that added nothing
	Body          []byte            // Export...ServiceRequest of the signal; nil unless KindData
}

// RejectedItems is the sum of Reasons.
func (r *Record) RejectedItems() uint32 {
	n := uint32(0)
	for _, c := range r.Reasons {
		n += c
	}
	return n
}

// A record on disk (little endian). The head's checksum is salted with the journal's id, the segment and the offset, so bytes
// that were written elsewhere, or that a client sent as a body, are never taken for a record.
//
//	 0 u32 magic               24 u64 durable: the end of what was on disk when this was written
//	 4 u32 crc of the head     32 i64 received, Unix ns      40 ingest id
//	 8 u32 length of the notes 56 u32 items                  60 u32 deduplicated
//	12 u32 stored body length  64 u8 kind, signal, codec, 0  68 u16 limits version, u16 0
//	16 u32 body length         72 u32 rejected ordinals      76 u32 reasons
//	20 u32 crc of notes+body   80 notes, body
//
// notes: project; then per reason name and count; then the ordinals as differences. Strings are uvarint length and bytes.
const (
	headSize    = 80
	recordMagic = 0x314a4c53 // "SLJ1"
	maxNotes    = 16 << 20
	maxBody     = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errMagic    = errors.New("no record starts here")
	errHeadSum  = errors.New("head checksum differs")
	errDataSum  = errors.New("data checksum differs")
	errTooLarge = errors.New("record too large")
)

// frame is a record made ready to be written: head and notes in one slice, the stored body in another.
type frame struct {
	head   []byte
	body   []byte
	packed []byte // room for the codec
}

func (f *frame) size() int64 { return int64(len(f.head) + len(f.body)) }

// encode lays r out in f, reusing f.head. With CodecNone f.body is r.Body itself.
func (f *frame) encode(r *Record, codec Codec) error {
	if len(r.Body) > maxBody {
		return fmt.Errorf("encode record of %d bytes: %w", len(r.Body), errTooLarge)
	}
	head := append(f.head[:0], make([]byte, headSize)...)
	head = appendString(head, r.Project)
	names := make([]string, 0, 8)
	for name := range r.Reasons {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		head = appendString(head, name)
		head = binary.AppendUvarint(head, uint64(r.Reasons[name]))
	}
	last := uint32(0)
	for _, ordinal := range r.Rejected {
		head = binary.AppendUvarint(head, uint64(ordinal-last))
		last = ordinal
	}
	if len(head) > maxNotes {
		return fmt.Errorf("encode record with %d bytes of notes: %w", len(head), errTooLarge)
	}
	f.body = r.Body
	if codec == CodecS2 {
		f.packed = s2.Encode(f.packed[:cap(f.packed)], r.Body)
		f.body = f.packed
	}
	le := binary.LittleEndian
	le.PutUint32(head[0:], recordMagic)
	le.PutUint32(head[8:], uint32(len(head)-headSize))
	le.PutUint32(head[12:], uint32(len(f.body)))
	le.PutUint32(head[16:], uint32(len(r.Body)))
	le.PutUint32(head[20:], crc32.Update(crc32.Checksum(head[headSize:], castagnoli), castagnoli, f.body))
	le.PutUint64(head[32:], uint64(r.Received.UnixNano()))
	copy(head[40:56], r.IngestID[:])
	le.PutUint32(head[56:], r.Items)
	le.PutUint32(head[60:], r.Deduplicated)
	head[64], head[65], head[66] = byte(r.Kind), r.Signal, byte(codec)
	le.PutUint16(head[68:], r.LimitsVersion)
	le.PutUint32(head[72:], uint32(len(r.Rejected)))
	le.PutUint32(head[76:], uint32(len(names)))
	f.head = head
	return nil
}

// stamp writes what is known only when the place is: the durable end so far, and the salted checksum.
func (f *frame) stamp(s salt, offset, durable int64) {
	binary.LittleEndian.PutUint64(f.head[24:], uint64(durable))
	binary.LittleEndian.PutUint32(f.head[4:], s.sum(offset, f.head))
}

// salt ties checksums to a journal and a segment.
type salt struct {
	id      [8]byte
	segment uint64
}

func (s salt) sum(offset int64, head []byte) uint32 {
	var b [24]byte
	copy(b[:8], s.id[:])
	binary.LittleEndian.PutUint64(b[8:], s.segment)
	binary.LittleEndian.PutUint64(b[16:], uint64(offset))
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, head[8:headSize])
}

// head is the fixed part of a record.
type head struct {
	notes, stored, raw uint32
	dataSum            uint32
	durable            int64
	received           int64
	id                 [16]byte
	items, dups        uint32
	kind               Kind
	signal             uint8
	codec              Codec
	limits             uint16
	ordinals, reasons  uint32
}

func (h *head) size() int64 { return headSize + int64(h.notes) + int64(h.stored) }

// parse checks and reads the head of a record that lies at offset.
func (h *head) parse(s salt, offset int64, b []byte) error {
	le := binary.LittleEndian
	if len(b) < headSize || le.Uint32(b) != recordMagic {
		return errMagic
	}
	if le.Uint32(b[4:]) != s.sum(offset, b) {
		return errHeadSum
	}
	h.notes, h.stored, h.raw, h.dataSum = le.Uint32(b[8:]), le.Uint32(b[12:]), le.Uint32(b[16:]), le.Uint32(b[20:])
	h.durable, h.received = int64(le.Uint64(b[24:])), int64(le.Uint64(b[32:]))
	copy(h.id[:], b[40:56])
	h.items, h.dups = le.Uint32(b[56:]), le.Uint32(b[60:])
	h.kind, h.signal, h.codec, h.limits = Kind(b[64]), b[65], Codec(b[66]), le.Uint16(b[68:])
	h.ordinals, h.reasons = le.Uint32(b[72:]), le.Uint32(b[76:])
	if h.kind != kindVoid && (h.notes > maxNotes || h.stored > maxBody || h.raw > maxBody) {
		return errTooLarge
	}
	return nil
}

// check compares the data's checksum: notes and stored body in one slice.
func (h *head) check(data []byte) error {
	if h.kind != kindVoid && crc32.Checksum(data, castagnoli) != h.dataSum {
		return errDataSum
	}
	return nil
}

// account reads the notes up to the reasons: whose items these are, and what was rejected.
func (h *head) account(notes []byte) (project string, reasons map[string]uint32, rest []byte, err error) {
	project, rest, err = cutString(notes)
	if err != nil {
		return "", nil, nil, err
	}
	for range h.reasons {
		var name string
		if name, rest, err = cutString(rest); err != nil {
			return "", nil, nil, err
		}
		count, n := binary.Uvarint(rest)
		if n <= 0 || count > 1<<32-1 {
			return "", nil, nil, errNotes
		}
		if reasons == nil {
			reasons = make(map[string]uint32)
		}
		reasons[name], rest = uint32(count), rest[n:]
	}
	return project, reasons, rest, nil
}

var errNotes = errors.New("notes are cut short")

// record makes the record; its Body is data's own bytes, or buf's where it had to be decoded (buf is returned grown).
func (h *head) record(data, buf []byte) (r Record, grown []byte, err error) {
	project, reasons, rest, err := h.account(data[:h.notes])
	if err != nil {
		return r, buf, err
	}
	r = Record{
		Kind: h.kind, Signal: h.signal, Project: project, Received: time.Unix(0, h.received).UTC(), LimitsVersion: h.limits,
		IngestID: h.id, Reasons: reasons, Items: h.items, Deduplicated: h.dups,
	}
	if int(h.ordinals) > len(rest) {
		return r, buf, errNotes
	}
	if h.ordinals > 0 {
		r.Rejected = make([]uint32, h.ordinals)
		last := uint64(0)
		for i := range r.Rejected {
			d, n := binary.Uvarint(rest)
			if n <= 0 || last+d > 1<<32-1 {
				return r, buf, errNotes
			}
			last, rest = last+d, rest[n:]
			r.Rejected[i] = uint32(last)
		}
	}
	body := data[h.notes:]
	switch h.codec {
	case CodecNone:
	case CodecS2:
		if n, err := s2.DecodedLen(body); err != nil || n != int(h.raw) {
			return r, buf, fmt.Errorf("decode body: length differs from %d", h.raw)
		}
		if cap(buf) < int(h.raw) {
			buf = make([]byte, h.raw)
		}
		if body, err = s2.Decode(buf[:h.raw], body); err != nil {
			return r, buf, fmt.Errorf("decode body: %w", err)
		}
	default:
		return r, buf, fmt.Errorf("decode body: unknown codec %d", h.codec)
	}
	if r.Kind == KindData {
		r.Body = body
	}
	return r, buf, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func cutString(b []byte) (s string, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, errNotes
	}
	return string(b[n : n+int(size)]), b[n+int(size):], nil
}
