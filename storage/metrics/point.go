package metrics

import (
	"math"

	"github.com/sightline/sightline/storage/encode"
)

// point is the point that is being decoded, of any kind. Numbers are the 64 bits that were sent; lists are where they lie.
type point struct {
	pointNumbers
	pos, neg                  buckets
	counts, bounds, quantiles []encode.Stretch

	exemplars []encode.Stretch
	attrs     encode.Stretch // the fields of the attributes, if they lie together
	split     []byte         // else all of them
}

type pointNumbers struct {
	start, time, value       uint64
	count, sum, min, max     uint64
	zeroCount, zeroThreshold uint64
	flags                    uint32
	scale                    int32
	typ, present             uint8
}

type buckets struct {
	offset int32
	counts []encode.Stretch // of varints
}

// Types of a value.
const (
	typeNone   = 0
	typeDouble = 1
	typeInt    = 2
)

// Bits of distributions.present.
const (
	hasSum = 1 << iota
	hasMin
	hasMax
)

// noRecordedValue is the flag of a point that only says that there is no value.
const noRecordedValue = 1

// staleMarker is Prometheus's: a NaN that no computation gives.
const staleMarker uint64 = 0x7ff0000000000002

func (q *point) reset() {
	q.pointNumbers = pointNumbers{}
	q.attrs = encode.Stretch{}
	q.exemplars, q.split = q.exemplars[:0], q.split[:0]
	q.counts, q.bounds, q.quantiles = q.counts[:0], q.bounds[:0], q.quantiles[:0]
	q.pos.counts, q.neg.counts = q.pos.counts[:0], q.neg.counts[:0]
	q.pos.offset, q.neg.offset = 0, 0
}

// decodePoint decodes a point of the metric and appends it to its partition.
func (b *Batch) decodePoint(lo, hi int) error {
	q := &b.point
	q.reset()
	var err error
	switch b.metric.kind {
	case Gauge, Sum:
		err = b.decodeNumber(q, lo, hi)
	case Histogram:
		err = b.decodeHistogram(q, lo, hi)
	case ExponentialHistogram:
		err = b.decodeExponential(q, lo, hi)
	default:
		err = b.decodeSummary(q, lo, hi)
	}
	if err != nil {
		return err
	}
	series, reasons, err := b.seriesOf(q)
	if err != nil {
		return err
	}
	at, odd := b.timeOf(q)
	reasons |= odd
	p := b.parts.At(encode.PartKey{Retention: b.metric.resource.Retention, Day: int32(at / encode.Day)})
	if len(q.exemplars) > 0 {
		odd, err := b.encodeExemplars(p, q, series, at)
		if err != nil {
			return err
		}
		reasons |= odd
	}
	if b.metric.kind <= Sum {
		b.encodeNumber(&p.points, q, series, at)
	} else if err := b.encodeDistribution(&p.dists, q, series, at); err != nil {
		return err
	}
	b.rows++
	b.Count(reasons)
	return nil
}

// attribute notes the field of an attribute, buf[lo:hi] with its tag.
func (q *point) attribute(body []byte, lo, hi int) {
	switch {
	case len(q.split) > 0:
		q.split = append(q.split, body[lo:hi]...)
	case q.attrs.Empty():
		q.attrs = encode.Stretch{Lo: uint32(lo), Hi: uint32(hi)}
	case q.attrs.Hi == uint32(lo):
		q.attrs.Hi = uint32(hi)
	default:
		q.split = append(append(q.split, body[q.attrs.Lo:q.attrs.Hi]...), body[lo:hi]...)
	}
}

func (b *Batch) decodeNumber(q *point, lo, hi int) error {
	f := encode.FieldsOf(b.Body, lo, hi)
	for at := lo; f.Next(); at = f.Pos {
		switch f.Num<<3 | int32(f.Typ) {
		case 7<<3 | encode.WireBytes:
			q.attribute(b.Body, at, f.Pos)
		case 2<<3 | encode.Wire64:
			q.start = f.Val
		case 3<<3 | encode.Wire64:
			q.time = f.Val
		case 4<<3 | encode.Wire64:
			q.typ, q.value = typeDouble, f.Val
		case 6<<3 | encode.Wire64:
			q.typ, q.value = typeInt, f.Val
		case 5<<3 | encode.WireBytes:
			q.exemplars = append(q.exemplars, encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)})
		case 8<<3 | encode.WireVarint:
			q.flags = uint32(f.Val)
		}
	}
	return f.Err
}

// timeOf is the point's time, ns since 1970. What no clock can have meant is replaced; time_offset keeps what was sent.
func (b *Batch) timeOf(q *point) (at int64, odd encode.Reasons) {
	switch {
	case q.time == 0:
		at, odd = b.Received, encode.TsMissing
	case q.time >= uint64(encode.Latest):
		at, odd = b.Received, encode.TsRange
	default:
		at = int64(q.time)
		if b.Received != 0 && at > b.Received+encode.Future {
			odd = encode.TsFuture
		}
	}
	if q.start > uint64(at) {
		odd |= encode.StartTime
	}
	return at, odd
}

// stored is a number as its columns have it; see the migration.
func stored(typ uint8, bits uint64, none bool) (value, residue uint64) {
	switch {
	case none || typ == typeNone:
		return staleMarker, bits
	case typ == typeDouble:
		return bits, 0
	}
	v := float64(int64(bits))
	return math.Float64bits(v), bits - whole(v)
}

// whole is the integer of a float that an integer was rounded to: 2^63, which an int64 may be rounded to, is none of them.
func whole(v float64) uint64 {
	if v >= 1<<63 {
		return 1 << 63
	}
	return uint64(int64(v))
}

// sent is stored's inverse: the 64 bits that were sent.
func sent(typ uint8, value float64, residue int64, none bool) uint64 {
	switch {
	case none || typ == typeNone:
		return uint64(residue)
	case typ == typeDouble:
		return math.Float64bits(value)
	}
	return whole(value) + uint64(residue)
}

func (b *Batch) encodeNumber(p *numberRows, q *point, series uint64, at int64) {
	row := p.rows
	p.add(b, series, at, q)
	value, residue := stored(q.typ, q.value, q.flags&noRecordedValue != 0)
	p.value.Add64(value)
	if residue != 0 {
		p.residue.Pad(row)
		p.residue.Add64(residue)
	}
	p.typ.Add8(q.typ)
	p.rows++
}
