package dropped

import (
	"context"
	"slices"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
)

// Counted makes processors of a factory that are counted. holding are the kinds that answer before they hand on.
func Counted(f processor.Factory, in *otlp.Intake, holding []string) processor.Factory {
	meterOf := func(set processor.Settings, signal uint8) *meter {
		return &meter{in: in, id: set.ID.String(), signal: signal, holds: slices.Contains(holding, set.ID.Type().String())}
	}
	return processor.NewFactory(f.Type(), f.CreateDefaultConfig,
		processor.WithTraces(func(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
			m := meterOf(set, journal.SignalTraces)
			inner, err := f.CreateTraces(ctx, set, cfg, tracesBehind{next, m})
			return tracesBefore{inner, m}, err
		}, f.TracesStability()),
		processor.WithLogs(func(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
			m := meterOf(set, journal.SignalLogs)
			inner, err := f.CreateLogs(ctx, set, cfg, logsBehind{next, m})
			return logsBefore{inner, m}, err
		}, f.LogsStability()),
		processor.WithMetrics(func(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics) (processor.Metrics, error) {
			m := meterOf(set, journal.SignalMetrics)
			inner, err := f.CreateMetrics(ctx, set, cfg, metricsBehind{next, m})
			return metricsBefore{inner, m}, err
		}, f.MetricsStability()))
}

type tracesBefore struct {
	processor.Traces
	*meter
}

// ConsumeTraces counts spans into the processor.
func (p tracesBefore) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	return p.before(ctx, spans(ctx, td), func(ctx context.Context) error { return p.Traces.ConsumeTraces(ctx, td) })
}

type tracesBehind struct {
	consumer.Traces
	*meter
}

// ConsumeTraces counts spans out of the processor.
func (p tracesBehind) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	return p.behind(ctx, spans(ctx, td), func(ctx context.Context) error { return p.Traces.ConsumeTraces(ctx, td) })
}

func spans(ctx context.Context, td ptrace.Traces) counts {
	return countsOf(ctx, td.SpanCount(), td.ResourceSpans().All(), func(rs ptrace.ResourceSpans) (n int) {
		for _, scope := range rs.ScopeSpans().All() {
			n += scope.Spans().Len()
		}
		return n
	})
}

type logsBefore struct {
	processor.Logs
	*meter
}

// ConsumeLogs counts records into the processor.
func (p logsBefore) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	return p.before(ctx, records(ctx, ld), func(ctx context.Context) error { return p.Logs.ConsumeLogs(ctx, ld) })
}

type logsBehind struct {
	consumer.Logs
	*meter
}

// ConsumeLogs counts records out of the processor.
func (p logsBehind) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	return p.behind(ctx, records(ctx, ld), func(ctx context.Context) error { return p.Logs.ConsumeLogs(ctx, ld) })
}

func records(ctx context.Context, ld plog.Logs) counts {
	return countsOf(ctx, ld.LogRecordCount(), ld.ResourceLogs().All(), func(rl plog.ResourceLogs) (n int) {
		for _, scope := range rl.ScopeLogs().All() {
			n += scope.LogRecords().Len()
		}
		return n
	})
}

type metricsBefore struct {
	processor.Metrics
	*meter
}

// ConsumeMetrics counts data points into the processor.
func (p metricsBefore) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	return p.before(ctx, points(ctx, md), func(ctx context.Context) error { return p.Metrics.ConsumeMetrics(ctx, md) })
}

type metricsBehind struct {
	consumer.Metrics
	*meter
}

// ConsumeMetrics counts data points out of the processor.
func (p metricsBehind) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	return p.behind(ctx, points(ctx, md), func(ctx context.Context) error { return p.Metrics.ConsumeMetrics(ctx, md) })
}

func points(ctx context.Context, md pmetric.Metrics) counts {
	return countsOf(ctx, md.DataPointCount(), md.ResourceMetrics().All(), func(rm pmetric.ResourceMetrics) (n int) {
		for _, scope := range rm.ScopeMetrics().All() {
			for _, m := range scope.Metrics().All() {
				switch m.Type() {
				case pmetric.MetricTypeGauge:
					n += m.Gauge().DataPoints().Len()
				case pmetric.MetricTypeSum:
					n += m.Sum().DataPoints().Len()
				case pmetric.MetricTypeHistogram:
					n += m.Histogram().DataPoints().Len()
				case pmetric.MetricTypeExponentialHistogram:
					n += m.ExponentialHistogram().DataPoints().Len()
				case pmetric.MetricTypeSummary:
					n += m.Summary().DataPoints().Len()
				}
			}
		}
		return n
	})
}
