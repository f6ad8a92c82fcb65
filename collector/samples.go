package collector

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sightline/sightline/collector/foreign/promotlp"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
)

// ProtocolRules is how series that alerting and recording rules make are named in the accounts.
const ProtocolRules = "rules"

// Samples takes in series that this process makes itself, as Prometheus's storage: when a commit has succeeded, the journal has them.
func (c *Collector) Samples(project string) promotlp.Appendable {
	return promotlp.Appendable{Options: promotlp.Options{Kinds: &promotlp.Kinds{}, Sink: func(ctx context.Context, md pmetric.Metrics) error {
		if md.DataPointCount() == 0 {
			return nil
		}
		body, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
		if err != nil {
			return fmt.Errorf("encode samples: %w", err)
		}
		partial, err := c.intake.Take(ctx, otlp.Request{
			Signal: journal.SignalMetrics, Protocol: ProtocolRules, Project: project, Body: body, Size: len(body),
			IngestID: c.cfg.Journal.IngestID(project, journal.SignalMetrics, body),
		})
		if err != nil {
			return err
		}
		if partial.Rejected > 0 {
			return fmt.Errorf("%d of %d samples were rejected: %s", partial.Rejected, md.DataPointCount(), partial.Message)
		}
		return nil
	}}}
}
