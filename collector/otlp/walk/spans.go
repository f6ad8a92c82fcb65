package walk

func span(b []byte, w Window, r *Result) error {
	ordinal := r.Items
	r.Items++
	var traceID, spanID bool
	var start, end uint64
	var name []byte
	for p := 0; p < len(b); {
		// Nearly all bytes of a request are here: a field of one-byte tag and one-byte length, most of all an attribute.
		if p+1 < len(b) && b[p+1] < 0x80 {
			end := p + 2 + int(b[p+1])
			switch b[p] {
			case 9<<3 | typeBytes:
				if end <= len(b) && quick(b, p+2, end) {
					p = end
					continue
				}
			case 1<<3 | typeBytes:
				if end == p+18 && end <= len(b) {
					traceID = !zero(b[p+2 : end])
					p = end
					continue
				}
			case 2<<3 | typeBytes:
				if end == p+10 && end <= len(b) {
					spanID = !zero(b[p+2 : end])
					p = end
					continue
				}
			case 5<<3 | typeBytes:
				if end <= len(b) {
					name = b[p+2 : end]
					p = end
					continue
				}
			}
		}
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(spanFields)) {
			continue
		}
		kind := spanFields[f.num]
		if kind.typ != f.typ && kind.typ != typeAny {
			return errKnown
		}
		switch f.num {
		case 9:
			if err := keyValue(b[f.lo:f.end], 1); err != nil {
				return err
			}
		case 1:
			if n := f.end - f.lo; n != 16 && n != 0 {
				return errTraceID
			}
			traceID = !zero(b[f.lo:f.end])
		case 2:
			if n := f.end - f.lo; n != 8 && n != 0 {
				return errSpanID
			}
			spanID = !zero(b[f.lo:f.end])
		case 4:
			if n := f.end - f.lo; n != 8 && n != 0 {
				return errSpanID
			}
		case 5:
			name = b[f.lo:f.end]
		case 7:
			start = f.val
		case 8:
			end = f.val
		case 11:
			err = message(b[f.lo:f.end], &eventFields)
		case 13:
			err = link(b[f.lo:f.end])
		case 15:
			err = message(b[f.lo:f.end], &statusFields)
		}
		if err != nil {
			return err
		}
	}
	if start == 0 {
		start = end
	}
	reason, rejected := w.outside(start)
	switch {
	case !traceID:
		reason = TraceIDZero
	case !spanID:
		reason = SpanIDZero
	case !rejected:
		return nil
	}
	r.reject(reason, Offender{Ordinal: ordinal, Time: start, Name: name})
	return nil
}

func link(b []byte) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(linkFields)) {
			continue
		}
		switch n := f.end - f.lo; {
		case f.num == 1 && f.typ == typeBytes && n != 16 && n != 0:
			return errTraceID
		case f.num == 2 && f.typ == typeBytes && n != 8 && n != 0:
			return errSpanID
		}
		if err := check(f, b, &linkFields); err != nil {
			return err
		}
	}
	return nil
}
