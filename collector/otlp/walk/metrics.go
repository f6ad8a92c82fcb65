package walk

import "github.com/zeebo/xxh3"

// metric walks a Metric and counts its points. Its data are a oneof: of several only the last counts, though all must be sound.
func metric(b []byte, w Window, r *Result) error {
	items, rejected, counts := r.Items, len(r.Rejected), r.Counts
	var name []byte
	several := false
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(metricFields)) {
			continue
		}
		if k := metricFields[f.num]; k.typ != f.typ && k.typ != typeAny {
			return errKnown
		}
		var of, points *[17]kind
		switch f.num {
		case 1:
			name = b[f.lo:f.end]
		case 5:
			of, points = &gaugeFields, &numberPointFields
		case 7:
			of, points = &sumFields, &numberPointFields
		case 9:
			of, points = &histogramFields, &histPointFields
		case 10:
			of, points = &histogramFields, &expPointFields
		case 11:
			of, points = &gaugeFields, &summaryPointFields
		case 12:
			if err := keyValue(b[f.lo:f.end], 1); err != nil {
				return err
			}
		}
		if points == nil {
			continue
		}
		if several {
			r.Items, r.Rejected, r.Counts = items, r.Rejected[:rejected], counts
			r.Series = r.Series[:min(len(r.Series), int(items))]
		}
		several = true
		if err := data(b[f.lo:f.end], of, points, w, r); err != nil {
			return err
		}
	}
	if w.Series && r.Items > items {
		r.mix(items, xxh3.Hash(name))
		r.Metrics = append(r.Metrics, Metric{Name: name, End: r.Items})
	}
	if len(r.Rejected) > rejected {
		for reason, n := range counts {
			if n == 0 && r.Counts[reason] > 0 {
				r.First[reason].Name = name
			}
		}
	}
	return nil
}

// data walks a Gauge, Sum, Histogram, ExponentialHistogram or Summary: all have their points in field 1.
func data(b []byte, of, points *[17]kind, w Window, r *Result) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(of)) {
			continue
		}
		if k := of[f.num]; k.typ != f.typ && k.typ != typeAny {
			return errKnown
		}
		if f.num == 1 {
			if err := point(b[f.lo:f.end], points, w, r); err != nil {
				return err
			}
		}
	}
	return nil
}
