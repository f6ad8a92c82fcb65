package walk

// logRecord walks a LogRecord. One without a trace is as good as any other: ids of zeros are no reason.
func logRecord(b []byte, w Window, r *Result) error {
	ordinal := r.Items
	r.Items++
	var at, observed uint64
	var name []byte
	for p := 0; p < len(b); {
		if b[p] == 6<<3|typeBytes && p+1 < len(b) && b[p+1] < 0x80 {
			if end := p + 2 + int(b[p+1]); end <= len(b) && quick(b, p+2, end) {
				p = end
				continue
			}
		}
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(logFields)) {
			continue
		}
		if k := logFields[f.num]; k.typ != f.typ && k.typ != typeAny {
			return errKnown
		}
		switch f.num {
		case 1:
			at = f.val
		case 5:
			err = anyValue(b[f.lo:f.end], 1)
		case 6:
			err = keyValue(b[f.lo:f.end], 1)
		case 9:
			if n := f.end - f.lo; n != 16 && n != 0 {
				return errTraceID
			}
		case 10:
			if n := f.end - f.lo; n != 8 && n != 0 {
				return errSpanID
			}
		case 11:
			observed = f.val
		case 12:
			name = b[f.lo:f.end]
		}
		if err != nil {
			return err
		}
	}
	if at == 0 {
		at = observed
	}
	if reason, rejected := w.outside(at); rejected {
		r.reject(reason, Offender{Ordinal: ordinal, Time: at, Name: name})
	}
	return nil
}
