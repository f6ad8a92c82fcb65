package metricapi

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/metrics"
)

type (
	attrJSON struct {
		Key   string `json:"key"`
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	scopeJSON struct {
		Name      string     `json:"name"`
		Version   string     `json:"version"`
		SchemaURL string     `json:"schema_url"`
		Attrs     []attrJSON `json:"attributes"`
		Dropped   uint32     `json:"dropped_attributes"`
	}
	resourceJSON struct {
		SchemaURL string     `json:"schema_url"`
		Attrs     []attrJSON `json:"attributes"`
		Dropped   uint32     `json:"dropped_attributes"`
	}
	// atJSON is what points of all kinds have.
	atJSON struct {
		Time  string  `json:"time"`
		Start *string `json:"start"`
		Flags uint32  `json:"flags"`
	}
	numberJSON struct {
		atJSON
		Type  string `json:"type"`
		Value any    `json:"value"`
	}
	bucketsJSON struct {
		Offset int32 `json:"offset"`
		Counts []any `json:"counts"`
	}
	quantileJSON struct {
		Quantile any `json:"quantile"`
		Value    any `json:"value"`
	}
	distributionJSON struct {
		atJSON
		Count         any            `json:"count"`
		Sum           any            `json:"sum"`
		Min           any            `json:"min"`
		Max           any            `json:"max"`
		Bounds        []any          `json:"bounds,omitempty"`
		Counts        []any          `json:"counts,omitempty"`
		Scale         int32          `json:"scale,omitempty"`
		ZeroCount     any            `json:"zero_count,omitempty"`
		ZeroThreshold any            `json:"zero_threshold,omitempty"`
		Positive      *bucketsJSON   `json:"positive,omitempty"`
		Negative      *bucketsJSON   `json:"negative,omitempty"`
		Quantiles     []quantileJSON `json:"quantiles,omitempty"`
	}
	exemplarJSON struct {
		Time      string     `json:"time"`
		PointTime string     `json:"point_time"`
		Type      string     `json:"type"`
		Value     any        `json:"value"`
		TraceID   *string    `json:"trace_id"`
		SpanID    *string    `json:"span_id"`
		Attrs     []attrJSON `json:"attributes"`
	}
)

// member is a key of an object and its value, in order.
type member struct {
	key   string
	value any
}

// seriesOf is a series without its points.
func seriesOf(tr metrics.Translation, s *metrics.Series) []member {
	return []member{
		{"id", fmt.Sprintf("%016x", s.ID)},
		{"kind", s.Kind.String()},
		{"temporality", s.Temporality.String()},
		{"monotonic", s.Monotonic},
		{"unit", s.Unit},
		{"description", s.Description},
		{"metadata", attrsOf(s.Metadata)},
		{"service", s.Service},
		{"namespace", s.Namespace},
		{"env", s.Env},
		{"version", s.Version},
		{"attributes", attrsOf(s.Attrs)},
		{"scope", scopeJSON{s.Scope.Name, s.Scope.Version, s.Scope.SchemaURL, attrsOf(s.Scope.Attrs), s.Scope.DroppedAttrs}},
		{"resource", resourceJSON{s.Resource.SchemaURL, attrsOf(s.Resource.Attrs), s.Resource.DroppedAttrs}},
		{"labels", tr.Labels(s).Map()},
	}
}

func attrsOf(attrs []encode.Value) []attrJSON {
	out := make([]attrJSON, len(attrs))
	for i, a := range attrs {
		out[i] = attrJSON{a.Key, a.Type.String(), a.Text}
	}
	return out
}

func timeText(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// sentTime is a time as sent: a number of ns where no calendar has it.
func sentTime(ns uint64) string {
	if ns > math.MaxInt64 {
		return strconv.FormatUint(ns, 10)
	}
	return timeText(int64(ns))
}

func atOf(a metrics.At) atJSON {
	out := atJSON{Time: timeText(a.Time), Flags: a.Flags}
	if a.Start != 0 {
		start := sentTime(a.Start)
		out.Start = &start
	}
	return out
}

// double is a number, or a text where JSON has no number for it, spelt as Prometheus does.
func double(v float64) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return v
}

// exact is how large an integer JSON's readers may be trusted with.
const exact = 1 << 53

func integer(v int64) any {
	if v > exact || v < -exact {
		return strconv.FormatInt(v, 10)
	}
	return v
}

func count(v uint64) any {
	if v > exact {
		return strconv.FormatUint(v, 10)
	}
	return v
}

func counts(list []uint64) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = count(v)
	}
	return out
}

// valueOf is what was sent; null where nothing was.
func valueOf(t metrics.ValueType, bits uint64) any {
	switch t {
	case metrics.Double:
		return double(math.Float64frombits(bits))
	case metrics.Int:
		return integer(int64(bits))
	}
	return nil
}

func numberOf(n metrics.Number) numberJSON {
	return numberJSON{atOf(n.At), n.Type.String(), valueOf(n.Type, n.Bits)}
}

func distributionOf(d metrics.Distribution) distributionJSON {
	sent := func(has bool, v float64) any {
		if !has {
			return nil
		}
		return double(v)
	}
	out := distributionJSON{
		atJSON: atOf(d.At), Count: count(d.Count), Sum: sent(d.HasSum, d.Sum), Min: sent(d.HasMin, d.Min), Max: sent(d.HasMax, d.Max),
		Counts: counts(d.Counts), Scale: d.Scale,
	}
	for _, b := range d.Bounds {
		out.Bounds = append(out.Bounds, double(b))
	}
	if d.ZeroCount != 0 {
		out.ZeroCount = count(d.ZeroCount)
	}
	if d.ZeroThreshold != 0 {
		out.ZeroThreshold = double(d.ZeroThreshold)
	}
	if b := d.Positive; b.Offset != 0 || len(b.Counts) > 0 {
		out.Positive = &bucketsJSON{b.Offset, counts(b.Counts)}
	}
	if b := d.Negative; b.Offset != 0 || len(b.Counts) > 0 {
		out.Negative = &bucketsJSON{b.Offset, counts(b.Counts)}
	}
	for i, q := range d.Quantiles {
		out.Quantiles = append(out.Quantiles, quantileJSON{double(q), double(d.QuantileValues[i])})
	}
	return out
}

func exemplarOf(x metrics.Exemplar) exemplarJSON {
	out := exemplarJSON{
		Time: sentTime(x.Time), PointTime: timeText(x.Point), Type: x.Type.String(), Value: valueOf(x.Type, x.Bits), Attrs: attrsOf(x.Attrs),
	}
	if x.TraceID != ([16]byte{}) {
		id := hex.EncodeToString(x.TraceID[:])
		out.TraceID = &id
	}
	if x.SpanID != 0 {
		id := fmt.Sprintf("%016x", x.SpanID)
		out.SpanID = &id
	}
	return out
}
