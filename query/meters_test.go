package query_test

import (
	"context"
	"iter"
	"math"
	"slices"

	"github.com/sightline/sightline/storage/encode"
	meter "github.com/sightline/sightline/storage/metrics"
)

// meters are metrics of every kind, for what is about the shape of answers.
type meters struct{}

func (meters) Names(_ context.Context, q meter.NamesQuery) ([]meter.Metric, bool, error) {
	all := []meter.Metric{
		{Name: "http.server.request.duration", Kind: meter.Histogram, Temporality: meter.Cumulative, Unit: "s", Description: "Duration of requests", Series: 3, LastSeen: now},
		{Name: "http.server.requests", Kind: meter.Sum, Temporality: meter.Delta, Monotonic: true, Unit: "{request}", Series: 1, LastSeen: now},
	}
	return all[:min(q.Limit, len(all))], q.Limit < len(all), nil
}

func (meters) Series(_ context.Context, q meter.SeriesQuery) ([]meter.Series, bool, error) {
	text := func(key, value string) encode.Value { return encode.Value{Key: key, Text: value} }
	web := meter.Series{
		Name: "http.server.request.duration", ID: 0x1f, Kind: meter.Histogram, Temporality: meter.Cumulative, Unit: "s", Description: "Duration of requests",
		Attrs: []encode.Value{encode.IntAttr("http.response.status_code", 200), text("http.route", "/pay")}, Metadata: []encode.Value{text("prometheus.type", "histogram")},
		Service: "web", Env: "prod", Version: "1.2", Scope: meter.Scope{Name: "otelhttp", Attrs: []encode.Value{}},
		Resource: &meter.Resource{Attrs: []encode.Value{text("service.instance.id", "web-1"), text("service.name", "web")}}, LastSeen: now,
	}
	number := web
	number.ID, number.Kind, number.Temporality, number.Attrs = 0x2, meter.Gauge, meter.Unspecified, nil
	return []meter.Series{number, web}, q.Limit < 2, nil
}

func at(series uint64, minutes int) meter.At {
	ns := now.UnixNano() - int64(minutes)*60e9
	return meter.At{Series: series, Time: ns, Sent: uint64(ns), Start: 1777880000e9}
}

func (meters) Numbers(context.Context, meter.PointQuery) iter.Seq2[meter.Number, error] {
	stale := at(2, 1)
	stale.Flags, stale.Start = 1, 0
	big := int64(math.MaxInt64)
	return each([]meter.Number{
		{At: at(2, 5), Value: 1.5, Type: meter.Double, Bits: math.Float64bits(1.5)},
		{At: at(2, 4), Value: 7, Type: meter.Int, Bits: 7},
		{At: at(2, 3), Value: math.MaxInt64, Type: meter.Int, Bits: uint64(big)},
		{At: at(2, 2), Value: math.Inf(-1), Type: meter.Double, Bits: math.Float64bits(math.Inf(-1))},
		{At: stale, Value: meter.StaleMarker},
	})
}

func (meters) Distributions(context.Context, meter.PointQuery) iter.Seq2[meter.Distribution, error] {
	return each([]meter.Distribution{
		{At: at(0x1f, 3), Count: 6, Sum: 2.5, HasSum: true, Max: 1.25, HasMax: true, Bounds: []float64{0.1, 1}, Counts: []uint64{3, 2, 1}},
		{At: at(0x1f, 2), Count: math.MaxUint64, Scale: 3, ZeroCount: 1, ZeroThreshold: 1e-9, Positive: meter.Buckets{Offset: -2, Counts: []uint64{1, 0, 4}}},
		{At: at(0x1f, 1), Count: 2, Sum: 3, HasSum: true, Quantiles: []float64{0.5, 0.99}, QuantileValues: []float64{1, math.NaN()}},
	})
}

func (meters) Exemplars(context.Context, meter.PointQuery) iter.Seq2[meter.Exemplar, error] {
	return each([]meter.Exemplar{{
		Series: 0x1f, Point: at(0, 3).Time, Time: at(0, 3).Sent, Type: meter.Double, Value: 0.4, Bits: math.Float64bits(0.4), TraceID: shopTrace, SpanID: 0xf6f6f6f6f6f6f6f6,
		Attrs: []encode.Value{{Key: "user.id", Text: "u1"}},
	}, {Series: 0x1f, Point: at(0, 2).Time}})
}

func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v := range slices.Values(list) {
			if !yield(v, nil) {
				return
			}
		}
	}
}
