package collector

import (
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbyattrsprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/resourceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/forwardconnector"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/featuregate"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"

	"github.com/sightline/sightline/collector/chexporter"
	"github.com/sightline/sightline/collector/dropped"
	"github.com/sightline/sightline/collector/foreign"
	"github.com/sightline/sightline/collector/foreign/scrape"
	"github.com/sightline/sightline/collector/otlp"
)

// factories is the closed list: what is not on it can't be configured.
func (c *Collector) factories() (f otelcol.Factories, err error) {
	if err := weighTailSamples(); err != nil {
		return f, err
	}
	if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](otlp.NewFactory(c.intake, c.handsOn, c.listening), foreign.Zipkin(c.intake), foreign.Jaeger(c.intake), scrape.NewFactory(c.cfg.Log),
		c.xray.Factory(c.handsOn)); err != nil {
		return f, err
	}
	if f.Processors, err = otelcol.MakeFactoryMap(c.counted(
		attributesprocessor.NewFactory(), batchprocessor.NewFactory(), filterprocessor.NewFactory(), groupbyattrsprocessor.NewFactory(),
		groupbytraceprocessor.NewFactory(), memorylimiterprocessor.NewFactory(), probabilisticsamplerprocessor.NewFactory(),
		redactionprocessor.NewFactory(), resourceprocessor.NewFactory(), tailsamplingprocessor.NewFactory(), transformprocessor.NewFactory(),
	)...); err != nil {
		return f, err
	}
	if f.Connectors, err = otelcol.MakeFactoryMap[connector.Factory](forwardconnector.NewFactory(), spanmetricsconnector.NewFactory()); err != nil {
		return f, err
	}
	if f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](chexporter.NewFactory(c.intake)); err != nil {
		return f, err
	}
	f.Telemetry = ownTelemetry(c.cfg.Log)
	return f, nil
}

// counted are factories whose processors' dropped items are counted.
func (c *Collector) counted(factories ...processor.Factory) []processor.Factory {
	for i, f := range factories {
		factories[i] = dropped.Counted(f, c.intake, holding)
	}
	return factories
}

// tailThreshold is the gate behind which tail sampling writes the threshold of a probabilistic policy into the tracestate, which
// is where a span's weight is read from.
const tailThreshold = "processor.tailsamplingprocessor.usetracestate"

func weighTailSamples() error {
	if err := featuregate.GlobalRegistry().Set(tailThreshold, true); err != nil {
		return fmt.Errorf("let tail sampling write weights: %w", err)
	}
	return nil
}
