package walk_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/collector/otlp/walk"
)

// TestSeries: points are of one series if and only if resource, scope, name and attributes are the same, in whatever order the
// fields come.
func TestSeries(t *testing.T) {
	build := func(resource, scope, name, label string) pmetric.Metrics {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr("service.name", resource)
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName(scope)
		m := sm.Metrics().AppendEmpty()
		m.SetName(name)
		p := m.SetEmptyGauge().DataPoints().AppendEmpty()
		p.SetTimestamp(pcommon.NewTimestampFromTime(now))
		p.Attributes().PutStr("a", "b")
		p.Attributes().PutStr("label", label)
		return md
	}
	id := func(b []byte) uint64 {
		t.Helper()
		var r walk.Result
		if err := walk.Metrics(b, walk.Window{To: math.MaxUint64, Series: true}, &r); err != nil || len(r.Series) != 1 || len(r.Metrics) != 1 {
			t.Fatal(r, err)
		}
		return r.Series[0]
	}
	seen := map[uint64]string{}
	for _, of := range [][4]string{{"r", "s", "n", "l"}, {"r2", "s", "n", "l"}, {"r", "s2", "n", "l"}, {"r", "s", "n2", "l"}, {"r", "s", "n", "l2"}, {"s", "r", "n", "l"}} {
		md := build(of[0], of[1], of[2], of[3])
		b := metricRequest(t, md)
		n := id(b)
		if other, ok := seen[n]; ok {
			t.Errorf("%v is of the series of %s", of, other)
		}
		seen[n] = strings.Join(of[:], " ")
		md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Gauge().DataPoints().At(0).SetDoubleValue(7)
		if id(metricRequest(t, md)) != n {
			t.Errorf("%v is of another series with another value", of)
		}
		if got := id(reversed(b, 4)); got == 0 || got != id(reversed(metricRequest(t, md), 4)) {
			t.Errorf("%v with its fields backwards is of another series with another value", of)
		} else if other, ok := seen[got]; ok && other != seen[n] {
			t.Errorf("%v with its fields backwards is of the series of %s", of, other)
		} else {
			seen[got] = seen[n]
		}
	}
}

// reversed writes the fields of a message backwards, and those of the messages in it, so many levels deep: request, resource,
// scope, metric.
func reversed(b []byte, levels int) []byte {
	var parts [][]byte
	for p := 0; p < len(b); {
		tag, n := binary.Uvarint(b[p:])
		begin, in := p, []byte(nil)
		p += n
		switch tag & 7 {
		case 2:
			size, n := binary.Uvarint(b[p:])
			in = b[p+n : p+n+int(size)]
			p += n + int(size)
		case 1:
			p += 8
		default:
			_, n := binary.Uvarint(b[p:])
			p += n
		}
		part := b[begin:p]
		if in != nil && levels > 0 && (levels > 1 || tag>>3 == 5) && (levels == 4 || tag>>3 == 2 || tag>>3 == 5) {
			part = append(binary.AppendUvarint(binary.AppendUvarint(nil, tag), uint64(len(in))), reversed(in, levels-1)...)
		}
		parts = append(parts, part)
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
}
