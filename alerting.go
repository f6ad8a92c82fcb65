package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/alert"
	"github.com/sightline/sightline/query/promapi"
	"github.com/sightline/sightline/storage/metrics"
)

// openAlerting makes who evaluates rules, if there are any. What they make goes in through this process's collector, like any sender's.
func (in *instance) openAlerting(registry *prometheus.Registry) (err error) {
	a := in.config.Alerting
	if len(a.Rules) == 0 {
		return nil
	}
	config := alert.Config{
		Rules: a.Rules, Interval: time.Duration(a.Interval), QueryOffset: time.Duration(a.QueryOffset), ExternalLabels: a.ExternalLabels, Page: a.URL, Alertmanagers: a.Alertmanagers,
		Project: defaultProject, Registry: registry, Log: in.log.With("part", "alerting"),
	}
	if config.Page == "" {
		config.Page = in.pageURL()
	}
	if in.collector != nil {
		config.Samples = in.collector.Samples(defaultProject)
	}
	if in.alerts, err = alert.New(config); err != nil {
		return err
	}
	return nil
}

// promConfig is what Prometheus's API is told.
func (in *instance) promConfig(registry *prometheus.Registry) promapi.Config {
	c := promapi.Config{Spans: in.reader, Metrics: metrics.NewReader(in.db), Ready: in.ready, Reg: registry, Log: in.log.With("part", "promql")}
	if in.alerts != nil {
		c.Rules = in.alerts
	}
	return c
}

// runAlerting evaluates until ctx ends. SIGHUP asks for the rule files to be read again.
func (in *instance) runAlerting(ctx context.Context, group *errgroup.Group) {
	if in.alerts == nil {
		return
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	group.Go(func() error {
		defer signal.Stop(hangup)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hangup:
				in.alerts.Reload()
			}
		}
	})
	group.Go(func() error {
		in.alerts.Run(ctx, in.promql)
		return nil
	})
}

// alertingWarnings are what the status page says of rules.
func (in *instance) alertingWarnings() []string {
	if in.alerts == nil {
		return nil
	}
	problems := in.alerts.Problems()
	if len(problems) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Alerting: %s. The alerts page and `sightline check rules` have all that is wrong (%d).", strings.TrimSuffix(problems[0], "."), len(problems))}
}

func checkRulesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rules FILE...", Short: "Say everything that is wrong with alerting rules", Args: cobra.MinimumNArgs(1),
		Long: `Read Prometheus rule files as sightline would, and say what they have, or everything that is wrong with them by file, line and
column. Sightline reads the files that alerting.rules names and evaluates them over metrics and spans; a running one reads them again
as they change, and keeps the rules that a broken file had before. docs/alerting.md explains rules, the series that are made of spans
(traces_...), and how an alert comes to its place on the map.

A rule file:

  groups:
    - name: services
      rules:
        - alert: HighFaultRate
          expr: |
            sum by (service, env) (rate(traces_spanmetrics_calls_total{class="fault"}[5m]))
              / sum by (service, env) (rate(traces_spanmetrics_calls_total[5m])) > 0.05
          for: 5m
          labels: {severity: critical}
          annotations:
            summary: "{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests"`,
		Example: "  sightline check rules deploy/alerting/rules.yml\n  sightline check rules 'rules/*.yml'",
		RunE: func(c *cobra.Command, args []string) error {
			good, problems := alert.Check(args)
			for _, file := range good {
				if _, err := fmt.Fprintln(c.OutOrStdout(), file); err != nil {
					return err
				}
			}
			if len(problems) > 0 {
				return &rulesError{problems}
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), "the rules are fine")
			return err
		},
	}
}

// rulesError lists every problem of rule files at once.
type rulesError struct{ problems []string }

func (e *rulesError) Error() string { return "rules:\n  " + strings.Join(e.problems, "\n  ") }
