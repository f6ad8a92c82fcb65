package collector_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
)

// TestNewSeriesPastTheLimit: the answer counts them, the journal says which they are, the next one's books are right.
func TestNewSeriesPastTheLimit(t *testing.T) {
	j := openJournal(t)
	c, _, address := run(t, collector.Config{Journal: j, Limits: admission.Limits{Series: 5, OfMetric: 3}})
	send := func(metric string, at time.Time, values ...string) *pmetricotlp.ExportResponse {
		t.Helper()
		md := pmetric.NewMetrics()
		m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		m.SetName(metric)
		list := m.SetEmptyGauge().DataPoints()
		for _, v := range values {
			p := list.AppendEmpty()
			p.SetTimestamp(pcommon.NewTimestampFromTime(at))
			p.Attributes().PutStr("label", v)
		}
		body, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post("http://"+address+"/v1/metrics", admission.MediaProtobuf, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var b bytes.Buffer
		if _, err := b.ReadFrom(resp.Body); err != nil || resp.StatusCode != 200 {
			t.Fatal(resp.Status, err, b.String())
		}
		out := pmetricotlp.NewExportResponse()
		if err := out.UnmarshalProto(b.Bytes()); err != nil {
			t.Fatal(err)
		}
		return &out
	}
	at := time.Now()
	send("m", at, "1", "2")
	got := send("m", at.Add(1), "3", "4", "1", "5", "2").PartialSuccess()
	if got.RejectedDataPoints() != 2 || !strings.Contains(got.ErrorMessage(), `2 series_limit); first: data point 1 "m"`) || !strings.Contains(got.ErrorMessage(), "err-sightline-series") {
		t.Errorf("%d, %s", got.RejectedDataPoints(), got.ErrorMessage())
	}
	if again := send("m", at.Add(1), "3", "4", "1", "5", "2").PartialSuccess(); again.RejectedDataPoints() != 2 || again.ErrorMessage() != got.ErrorMessage() {
		t.Errorf("the same again: %d, %s", again.RejectedDataPoints(), again.ErrorMessage())
	}
	for i := range 3 {
		if got := send("m", at.Add(time.Duration(2+i)), "1", "2", "3").PartialSuccess(); got.RejectedDataPoints() != 0 {
			t.Errorf("series that are there: %s", got.ErrorMessage())
		}
	}
	if got := send("n", at, "1", "2", "3").PartialSuccess(); got.RejectedDataPoints() != 1 {
		t.Errorf("past the project's: %s", got.ErrorMessage())
	}
	s := c.Accounts()
	a := s.Of("default", journal.SignalMetrics)
	if a.Rejected["series_limit"] != 5 || a.Received != a.Accepted+a.Deduplicated+5 || a.Deduplicated != 3 {
		t.Errorf("%+v", a)
	}
	if e := s.Examples["series_limit"]; len(e) != 2 || !strings.Contains(e[1].Message, `the project has 5 of 5, a metric may have 3; most are of "m" 4, "n" 1`) {
		t.Errorf("%+v", e)
	}
	r := j.Reader(journal.Position{})
	defer r.Close()
	var found []string
	for {
		e, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if len(e.Record.Rejected) > 0 {
			found = append(found, fmt.Sprint(e.Record.Rejected, e.Record.Items, e.Record.Reasons))
		}
	}
	if got := strings.Join(found, "; "); got != "[1 3] 3 map[series_limit:2]; [2] 2 map[series_limit:1]" {
		t.Error(got)
	}
}
