package metrics

import (
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

func (b *Batch) decodeHistogram(q *point, lo, hi int) error {
	f := encode.FieldsOf(b.Body, lo, hi)
	for at := lo; f.Next(); at = f.Pos {
		in := encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)}
		switch f.Num<<3 | int32(f.Typ) {
		case 9<<3 | encode.WireBytes:
			q.attribute(b.Body, at, f.Pos)
		case 2<<3 | encode.Wire64:
			q.start = f.Val
		case 3<<3 | encode.Wire64:
			q.time = f.Val
		case 4<<3 | encode.Wire64:
			q.count = f.Val
		case 5<<3 | encode.Wire64:
			q.sum = f.Val
			q.present |= hasSum
		case 6<<3 | encode.WireBytes:
			q.counts = append(q.counts, in)
		case 6<<3 | encode.Wire64:
			q.counts = append(q.counts, before(f.Pos))
		case 7<<3 | encode.WireBytes:
			q.bounds = append(q.bounds, in)
		case 7<<3 | encode.Wire64:
			q.bounds = append(q.bounds, before(f.Pos))
		case 8<<3 | encode.WireBytes:
			q.exemplars = append(q.exemplars, in)
		case 10<<3 | encode.WireVarint:
			q.flags = uint32(f.Val)
		case 11<<3 | encode.Wire64:
			q.min = f.Val
			q.present |= hasMin
		case 12<<3 | encode.Wire64:
			q.max = f.Val
			q.present |= hasMax
		}
	}
	return f.Err
}

// before is where a number of 8 bytes lies that ends there.
func before(end int) encode.Stretch { return encode.Stretch{Lo: uint32(end - 8), Hi: uint32(end)} }

func (b *Batch) decodeExponential(q *point, lo, hi int) error {
	f := encode.FieldsOf(b.Body, lo, hi)
	for at := lo; f.Next(); at = f.Pos {
		switch f.Num<<3 | int32(f.Typ) {
		case 1<<3 | encode.WireBytes:
			q.attribute(b.Body, at, f.Pos)
		case 2<<3 | encode.Wire64:
			q.start = f.Val
		case 3<<3 | encode.Wire64:
			q.time = f.Val
		case 4<<3 | encode.Wire64:
			q.count = f.Val
		case 5<<3 | encode.Wire64:
			q.sum = f.Val
			q.present |= hasSum
		case 6<<3 | encode.WireVarint:
			q.scale = zigzag(f.Val)
		case 7<<3 | encode.Wire64:
			q.zeroCount = f.Val
		case 8<<3 | encode.WireBytes:
			if err := b.decodeBuckets(&q.pos, f.Lo, f.Hi); err != nil {
				return err
			}
		case 9<<3 | encode.WireBytes:
			if err := b.decodeBuckets(&q.neg, f.Lo, f.Hi); err != nil {
				return err
			}
		case 10<<3 | encode.WireVarint:
			q.flags = uint32(f.Val)
		case 11<<3 | encode.WireBytes:
			q.exemplars = append(q.exemplars, encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)})
		case 12<<3 | encode.Wire64:
			q.min = f.Val
			q.present |= hasMin
		case 13<<3 | encode.Wire64:
			q.max = f.Val
			q.present |= hasMax
		case 14<<3 | encode.Wire64:
			q.zeroThreshold = f.Val
		}
	}
	return f.Err
}

// decodeBuckets decodes Buckets. One that comes in pieces is one: a later offset counts, counts go on.
func (b *Batch) decodeBuckets(q *buckets, lo, hi int) error {
	f := encode.FieldsOf(b.Body, lo, hi)
	for f.Next() {
		switch f.Num<<3 | int32(f.Typ) {
		case 1<<3 | encode.WireVarint:
			q.offset = zigzag(f.Val)
		case 2<<3 | encode.WireBytes:
			q.counts = append(q.counts, encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)})
		case 2<<3 | encode.WireVarint:
			at := f.Pos - 1
			for at > lo && b.Body[at-1] >= 0x80 {
				at--
			}
			q.counts = append(q.counts, encode.Stretch{Lo: uint32(at), Hi: uint32(f.Pos)})
		}
	}
	return f.Err
}

// zigzag is a sint32.
func zigzag(v uint64) int32 { return int32(uint32(v)>>1) ^ -int32(v&1) }

func (b *Batch) decodeSummary(q *point, lo, hi int) error {
	q.present = hasSum
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
			q.count = f.Val
		case 5<<3 | encode.Wire64:
			q.sum = f.Val
		case 6<<3 | encode.WireBytes:
			q.quantiles = append(q.quantiles, encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)})
		case 8<<3 | encode.WireVarint:
			q.flags = uint32(f.Val)
		}
	}
	return f.Err
}

func (b *Batch) encodeDistribution(p *distRows, q *point, series uint64, at int64) error {
	row := p.rows
	p.add(b, series, at, q)
	p.count.Add64(q.count)
	p.sum.Add64(q.sum)
	p.present.Add8(q.present)
	for _, rare := range []struct {
		column *native.Fixed
		value  uint64
	}{{&p.min, q.min}, {&p.max, q.max}, {&p.zeroCount, q.zeroCount}, {&p.zeroThreshold, q.zeroThreshold}} {
		if rare.value != 0 {
			rare.column.Pad(row)
			rare.column.Add64(rare.value)
		}
	}
	for _, rare := range []struct {
		column *native.Fixed
		value  int32
	}{{&p.scale, q.scale}, {&p.posOffset, q.pos.offset}, {&p.negOffset, q.neg.offset}} {
		if rare.value != 0 {
			rare.column.Set32(row, uint32(rare.value))
		}
	}
	for _, list := range []struct {
		to     *array
		from   []encode.Stretch
		varint bool
	}{{&p.counts, q.counts, false}, {&p.bounds, q.bounds, false}, {&p.posCounts, q.pos.counts, true}, {&p.negCounts, q.neg.counts, true}} {
		if err := b.encodeList(list.to, row, list.from, list.varint); err != nil {
			return err
		}
	}
	if err := b.encodeQuantiles(p, row, q.quantiles); err != nil {
		return err
	}
	p.rows++
	return nil
}

// encodeList appends numbers: of 8 bytes each, as the column has them, or varints.
func (b *Batch) encodeList(to *array, row int, from []encode.Stretch, varint bool) error {
	had := to.values.Len()
	for _, s := range from {
		switch {
		case varint:
			for p := int(s.Lo); p < int(s.Hi); {
				var v uint64
				if v, p = encode.Uvarint(b.Body, p, int(s.Hi)); p < 0 {
					return encode.VarintError(p)
				}
				to.values.Add64(v)
			}
		case (s.Hi-s.Lo)%8 != 0:
			return encode.ErrPacked
		default:
			to.values.AddBytes(b.In(s))
		}
	}
	to.end(row, had)
	return nil
}

func (b *Batch) encodeQuantiles(p *distRows, row int, from []encode.Stretch) error {
	had := p.quantiles.values.Len()
	for _, s := range from {
		var quantile, value uint64
		f := encode.FieldsOf(b.Body, int(s.Lo), int(s.Hi))
		for f.Next() {
			switch {
			case f.Typ != encode.Wire64:
			case f.Num == 1:
				quantile = f.Val
			case f.Num == 2:
				value = f.Val
			}
		}
		if f.Err != nil {
			return f.Err
		}
		p.quantiles.values.Add64(quantile)
		p.quantileValues.values.Add64(value)
	}
	p.quantiles.end(row, had)
	p.quantileValues.end(row, had)
	return nil
}
