package walk

import (
	"encoding/binary"
	"math"

	"github.com/zeebo/xxh3"
)

// point walks a data point of any kind.
func point(b []byte, fields *[17]kind, w Window, r *Result) error {
	ordinal := r.Items
	r.Items++
	var at uint64
	var h histogram
	labels, long := 0, false
	series, lo, hi := uint64(0), 0, 0 // lo to hi are attributes that follow each other
	for p := 0; p < len(b); {
		if c := b[p]; c < 0x80 && fields[c>>3].in == isAttribute && c&7 == typeBytes && p+1 < len(b) && b[p+1] < 0x80 {
			if end := p + 2 + int(b[p+1]); end <= len(b) && quick(b, p+2, end) {
				if p != hi {
					series, lo = part(series, b[lo:hi], w), p
				}
				p, hi = end, end
				labels++
				continue
			}
		}
		f, err := next(b, p)
		if err != nil {
			return err
		}
		begin := p
		p = f.end
		if f.num >= int32(len(fields)) {
			continue
		}
		k := fields[f.num]
		if k.typ != f.typ && k.typ != typeAny {
			return errKnown
		}
		switch in := b[f.lo:f.end]; k.in {
		case isTime:
			at = f.val
		case isAttribute:
			if begin != hi {
				series, lo = part(series, b[lo:hi], w), begin
			}
			hi = p
			labels++
			err = keyValue(in, 1)
			long = long || len(in) > MaxLabelValue && longValue(in)
		case isExemplar:
			err = exemplar(in)
		case isCounts, isBounds:
			err = h.add(in, f.typ, k.in)
		case isBuckets:
			err = expBuckets(in)
		case isQuantile:
			err = message(in, &quantileFields)
		}
		if err != nil {
			return err
		}
	}
	if w.Series {
		r.Series = append(r.Series, part(series, b[lo:hi], w))
	}
	reason, rejected := w.outside(at)
	switch {
	case h.invalid || h.counts != 0 && h.counts != h.bounds+1 || h.counts == 0 && h.bounds != 0:
		reason = HistInvalid
	case labels > MaxLabels || long:
		reason = LabelLimit
	case !rejected:
		return nil
	}
	r.reject(reason, Offender{Ordinal: ordinal, Time: at})
	return nil
}

// part puts attributes that follow each other into what names their data point. Nearly always they are all of them.
func part(series uint64, attributes []byte, w Window) uint64 {
	if len(attributes) == 0 || !w.Series {
		return series
	}
	return series*3 + xxh3.Hash(attributes)
}

// histogram is what is known of a histogram's buckets. Lists that come in parts are one list.
type histogram struct {
	counts, bounds int
	last           float64 // bound
	invalid        bool    // bounds are not ascending
}

func (h *histogram) add(b []byte, typ, in uint8) error {
	if typ != typeBytes && typ != typeFixed64 {
		return errKnown
	}
	if len(b)%8 != 0 {
		return errPacked
	}
	if in == isCounts {
		h.counts += len(b) / 8
		return nil
	}
	for ; len(b) > 0; b = b[8:] {
		bound := math.Float64frombits(binary.LittleEndian.Uint64(b))
		if math.IsNaN(bound) || h.bounds > 0 && bound <= h.last {
			h.invalid = true
		}
		h.last = bound
		h.bounds++
	}
	return nil
}

// expBuckets walks the Buckets of an exponential histogram: an offset, and counts that may be packed.
func expBuckets(b []byte) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		switch {
		case f.num == 1 && f.typ != typeVarint, f.num == 2 && f.typ != typeVarint && f.typ != typeBytes:
			return errKnown
		case f.num == 2 && f.typ == typeBytes:
			for p := f.lo; p < f.end; {
				if _, p, err = uvarint(b[:f.end], p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func exemplar(b []byte) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(exemplarFields)) {
			continue
		}
		switch n := f.end - f.lo; {
		case f.num == 5 && f.typ == typeBytes && n != 16 && n != 0:
			return errTraceID
		case f.num == 4 && f.typ == typeBytes && n != 8 && n != 0:
			return errSpanID
		}
		if err := check(f, b, &exemplarFields); err != nil {
			return err
		}
	}
	return nil
}

// longValue says whether an attribute that was walked already has a value longer than MaxLabelValue.
func longValue(attribute []byte) bool {
	for p := 0; p < len(attribute); {
		f, err := next(attribute, p)
		if err != nil {
			return false
		}
		p = f.end
		if f.num != 2 {
			continue
		}
		for value := attribute[f.lo:f.end]; len(value) > MaxLabelValue; {
			v, err := next(value, 0)
			if err != nil {
				return false
			}
			if v.num <= 7 && v.end-v.lo > MaxLabelValue {
				return true
			}
			value = value[v.end:]
		}
	}
	return false
}
