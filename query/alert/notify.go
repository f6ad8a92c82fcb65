package alert

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	httpconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/rules"
)

// maxQueue is how many notifications wait for an Alertmanager that does not answer, as in Prometheus; older ones are dropped and counted.
const maxQueue = 10_000

// alertmanagers tell Alertmanagers outside of this program, with Prometheus's own package.
type alertmanagers struct {
	*notifier.Manager
	targets map[string][]*targetgroup.Group
	page    string
}

// newAlertmanagers makes who tells Alertmanagers at these addresses: http(s)://[user:password@]host[:port][/prefix].
func newAlertmanagers(addresses []string, external map[string]string, page string, registry prometheus.Registerer, log *slog.Logger) (*alertmanagers, error) {
	cfg := config.Config{GlobalConfig: config.GlobalConfig{ExternalLabels: labels.FromMap(external), MetricNameValidationScheme: model.UTF8Validation}}
	targets := map[string][]*targetgroup.Group{}
	for i, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("read address of Alertmanager: %w", err)
		}
		one := config.DefaultAlertmanagerConfig
		one.Scheme, one.PathPrefix = u.Scheme, strings.TrimSuffix(u.Path, "/")
		if u.User != nil {
			password, _ := u.User.Password()
			one.HTTPClientConfig.BasicAuth = &httpconfig.BasicAuth{Username: u.User.Username(), Password: httpconfig.Secret(password)}
		}
		cfg.AlertingConfig.AlertmanagerConfigs = append(cfg.AlertingConfig.AlertmanagerConfigs, &one)
		targets[fmt.Sprintf("config-%d", i)] = []*targetgroup.Group{{Targets: []model.LabelSet{{model.AddressLabel: model.LabelValue(u.Host)}}}} // as ToMap names them
	}
	m := notifier.NewManager(&notifier.Options{QueueCapacity: maxQueue, Registerer: registry}, model.UTF8Validation, log)
	if err := m.ApplyConfig(&cfg); err != nil {
		return nil, fmt.Errorf("make notifier: %w", err)
	}
	return &alertmanagers{Manager: m, targets: targets, page: page}, nil
}

// run tells until Stop. It calls ready once it knows whom: what is sent before reaches nobody.
func (a *alertmanagers) run(ready func()) {
	targets := make(chan map[string][]*targetgroup.Group)
	go func() {
		targets <- a.targets
		targets <- a.targets // taken when the first are in force
		ready()
	}()
	a.Run(targets)
}

// notify is rules.NotifyFunc.
func (a *alertmanagers) notify(_ context.Context, _ string, alerts ...*rules.Alert) {
	sent := make([]*notifier.Alert, 0, len(alerts))
	for _, one := range alerts {
		ends := one.ValidUntil
		if !one.ResolvedAt.IsZero() {
			ends = one.ResolvedAt
		}
		sent = append(sent, &notifier.Alert{Labels: one.Labels, Annotations: one.Annotations, StartsAt: one.FiredAt, EndsAt: ends, GeneratorURL: strings.TrimSuffix(a.page, "/") + "/alerts"})
	}
	if len(sent) > 0 {
		a.Send(sent...)
	}
}
