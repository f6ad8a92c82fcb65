package logs

import (
	"encoding/binary"

	"github.com/sightline/sightline/storage/encode"
)

// rawRecord is a LogRecord as it was sent, but for its attributes.
type rawRecord struct {
	time, observed                   uint64 // unix ns; 0: not sent
	spanID                           uint64
	traceID, severityText, eventName encode.Stretch
	body                             encode.Attr
	severity                         int32
	flags, droppedAttrs              uint32
}

// decodeRecord decodes a LogRecord into r and its attributes into the batch's list.
func (b *Batch) decodeRecord(r *rawRecord, p, end int) error {
	buf := b.Body
	l := &b.list
	f := encode.FieldsOf(buf, p, end)
	for f.Next() {
		switch uint32(f.Num)<<3 | uint32(f.Typ) {
		case 6<<3 | encode.WireBytes:
			if err := b.KeyValue(buf, f.Lo, f.Hi, l); err != nil {
				return err
			}
		case 1<<3 | encode.Wire64:
			r.time = f.Val
		case 2<<3 | encode.WireVarint:
			r.severity = int32(f.Val)
			l.Context = uint32(f.Val) * 0xC2B2
		case 3<<3 | encode.WireBytes:
			r.severityText = stretch(&f)
		case 5<<3 | encode.WireBytes:
			if err := encode.AnyValue(buf, f.Lo, f.Hi, &r.body); err != nil {
				return err
			}
		case 7<<3 | encode.WireVarint:
			r.droppedAttrs = uint32(f.Val)
		case 8<<3 | encode.Wire32:
			r.flags = uint32(f.Val)
		case 9<<3 | encode.WireBytes:
			if n := f.Hi - f.Lo; n != 16 && n != 0 {
				return encode.ErrTraceID
			}
			r.traceID = stretch(&f)
		case 10<<3 | encode.WireBytes:
			switch f.Hi - f.Lo {
			case 0:
				r.spanID = 0
			case 8:
				r.spanID = binary.BigEndian.Uint64(f.Data())
			default:
				return encode.ErrSpanID
			}
		case 11<<3 | encode.Wire64:
			r.observed = f.Val
		case 12<<3 | encode.WireBytes:
			r.eventName = stretch(&f)
		}
	}
	return f.Err
}

func stretch(f *encode.Fields) encode.Stretch {
	return encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)}
}
