package metrics

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/sightline/sightline/storage/encode"
)

// encodeExemplars appends the point's exemplars.
func (b *Batch) encodeExemplars(p *part, q *point, series uint64, time int64) (odd encode.Reasons, err error) {
	l, x := &b.ofList, &p.exemplars
	for n, in := range q.exemplars {
		b.Begin(l)
		var at, value, span uint64
		var typ uint8
		var trace []byte
		f := encode.FieldsOf(b.Body, int(in.Lo), int(in.Hi))
		for f.Next() {
			switch f.Num<<3 | int32(f.Typ) {
			case 2<<3 | encode.Wire64:
				at = f.Val
			case 3<<3 | encode.Wire64:
				typ, value = typeDouble, f.Val
			case 6<<3 | encode.Wire64:
				typ, value = typeInt, f.Val
			case 4<<3 | encode.WireBytes:
				switch f.Hi - f.Lo {
				case 0:
					span = 0
				case 8:
					span = binary.BigEndian.Uint64(f.Data())
				default:
					return 0, encode.ErrSpanID
				}
			case 5<<3 | encode.WireBytes:
				if trace = f.Data(); len(trace) != 16 && len(trace) != 0 {
					return 0, encode.ErrTraceID
				}
			case 7<<3 | encode.WireBytes:
				if err := b.KeyValue(b.Body, f.Lo, f.Hi, l); err != nil {
					return 0, err
				}
			}
		}
		if f.Err != nil {
			return 0, f.Err
		}
		if err := b.AddList(&x.attrs, b.Body, l); err != nil {
			return 0, err
		}
		odd |= l.Reasons
		x.project.Add(b.Project)
		x.name.Add(b.metric.nameID)
		x.series.Add64(series)
		x.time.Add64(uint64(time))
		x.id.Add64(xxh3.HashSeed(b.In(in), uint64(n)))
		x.at.Add64(at)
		v, residue := stored(typ, value, false)
		x.value.Add64(v)
		x.residue.Add64(residue)
		x.typ.Add8(typ)
		if len(trace) == 0 {
			x.trace.Pad(x.rows + 1)
		} else {
			x.trace.AddBytes(trace)
		}
		x.span.Add64(span)
		x.rows++
	}
	return odd, nil
}
