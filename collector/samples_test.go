package collector_test

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
)

func TestSamplesOfRulesGoIntoTheJournal(t *testing.T) {
	j := openJournal(t)
	c, err := collector.New(collector.Config{Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	commit := func(at time.Time) error {
		app := c.Samples("project-a").Appender(t.Context())
		if _, err := app.Append(0, labels.FromStrings("__name__", "ALERTS", "alertname", "A"), at.UnixMilli(), 1); err != nil {
			t.Fatal(err)
		}
		return app.Commit()
	}
	for _, at := range []time.Time{time.Now(), time.Now().Add(-time.Second)} {
		if err := commit(at); err != nil {
			t.Error(err)
		}
	}
	if a := c.Accounts().Arrived[admission.Origin{Project: "project-a", Signal: journal.SignalMetrics, Protocol: collector.ProtocolRules}]; a.Accepted != 2 {
		t.Errorf("accounts %+v", c.Accounts().Arrived)
	}
	if err := commit(time.Now().AddDate(-10, 0, 0)); err == nil {
		t.Error("a sample before the retention was taken")
	}
	if err := c.Samples("project-a").Appender(t.Context()).Commit(); err != nil {
		t.Errorf("a commit of nothing: %v", err)
	}
}
