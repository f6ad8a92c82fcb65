package traces

import (
	"math"
	"unsafe"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/redact"
	"github.com/sightline/sightline/storage/traces/peer"
)

// encodeAttrs appends the span's attributes to its maps and to the columns of lifted ones, and hands the recogniser its
// evidence.
func (b *Batch) encodeAttrs(p *spanPart, row int, l *encode.List) error {
	texts, ints, floats := p.attrs.Len(), p.ints.Len(), p.floats.Len()
	for i := range l.Attrs() {
		a := &l.Attrs()[i]
		info := &b.Keys.Info[a.Key]
		if info.Slot != peer.NoSlot {
			b.evidence(info.Slot, a)
			b.raisedOwn = b.raisedOwn || info.Slot == peer.ExceptionType
		}
		switch a.Typ {
		case encode.AnyString:
			v := b.Body[a.Lo:a.Hi]
			if info.Lift-1 < liftTexts-1 && len(v) > 0 && !info.Secret {
				p.lifted[info.Lift].Set(row, b.TextID(b.lifted[info.Lift], v, encode.MaxValue, l, liftedKeyOf[info.Lift]))
				continue
			}
			b.AddText(&p.attrs, a, v, info.Secret, l)
		case encode.AnyInt:
			switch {
			case info.Lift == liftHTTPStatus && a.Num-1 < math.MaxUint16:
				p.httpStatus.Set16(row, uint16(a.Num))
			case int64(a.Num) >= 1e12 && b.Policy.Redact && redact.Number(int64(a.Num)):
				b.Delta.Redacted++
				p.attrs.Add(a.Key, []byte(redact.Mask))
			default:
				p.ints.Add(a.Key, a.Num)
			}
		case encode.AnyDouble:
			p.floats.Add(a.Key, a.Num)
		default:
			if err := b.AddOther(&p.attrs, b.Body, a, info.Secret, l); err != nil {
				return err
			}
		}
	}
	if b.raisedOwn && len(b.raised) == 0 { // else its event tells the same
		b.raise(l)
	}
	if l.Reasons != 0 {
		b.Annotate(&p.attrs, &p.ints, l)
	}
	p.attrs.End(texts)
	p.ints.End(row, ints)
	p.floats.End(row, floats)
	return nil
}

// evidence hands an attribute to the recogniser. Its strings alias the request: the recogniser keeps none.
func (b *Batch) evidence(slot peer.Slot, a *encode.Attr) {
	switch a.Typ {
	case encode.AnyString:
		b.input.SetString(slot, alias(b.Body[a.Lo:a.Hi]))
	case encode.AnyInt:
		b.input.SetInt(slot, int64(a.Num))
	case encode.AnyBool:
		b.input.Set(slot, peer.Value{Type: peer.Bool, Int: int64(min(a.Num, 1))})
	case encode.AnyDouble:
		b.input.Set(slot, peer.Value{Type: peer.Float, Num: math.Float64frombits(a.Num)})
	case encode.AnyArray:
		if first := encode.FirstString(b.Body, a); len(first) > 0 {
			b.input.SetString(slot, alias(first))
		}
	}
}

// alias is the bytes as a string, without copying; they must not change while it is used.
func alias(v []byte) string { return unsafe.String(unsafe.SliceData(v), len(v)) }
