package canary_test

import (
	"slices"
	"testing"

	"github.com/sightline/sightline/canary/report"
)

// What a canary is worth is what it does not let pass: each test does something else than the log claims.

func TestVerifyMissesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	seq := l.minutesAgo(2)
	l.honest(seq)
	l.claim(seq)
	l.claim(seq + 1)
	r := l.verify(0)
	want(t, r, report.NotFoundByID, "GET /api/traces/{trace_id}", "GET /api/traces/{1-...-...}", "GET /api/traces/{trace_id}/otlp", "GET /api/traces/{trace_id}/spans/{span_id}")
	want(t, r, report.NotFoundBySearch, "GET /api/traces?q=")
	want(t, r, report.MissingSpans, "GET /api/spans?q=")
	want(t, r, report.MissingLog, "GET /api/logs?q=", "GET /api/logs/{record_id}", "GET /api/traces/{trace_id}/logs")
	want(t, r, report.MissingPoint, "GET /api/metrics/{name}/points")
	want(t, r, report.ServiceMissing, "GET /api/services")
	want(t, r, report.MapMissing, "GET /api/map")
	none(t, r, report.Duplicate, report.NeverSent, report.WrongContent, report.BadSignature, report.MapWrong, report.ReadFailed)
	for _, f := range r.Examples {
		if f.Category == report.NotFoundByID && !f.Time.Equal(l.run.At(seq+1)) {
			t.Errorf("%v is about another round than %v", f, l.run.At(seq+1))
		}
	}
}

func TestVerifyMissesPartsOfRequests(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	seq := l.minutesAgo(4)
	td, ld, md := l.run.Traces(seq), l.run.Logs(seq), l.run.Metrics(seq)
	orders := td.ResourceSpans[1].ScopeSpans[0]
	orders.Spans = orders.Spans[:len(orders.Spans)-1] // a question to the database
	records := ld.ResourceLogs[0].ScopeLogs[0]
	records.LogRecords = records.LogRecords[1:]
	points := md.ResourceMetrics[0].ScopeMetrics[0]
	points.Metrics = points.Metrics[:2]
	l.send("traces", td)
	l.send("logs", ld)
	l.send("metrics", md)
	l.claim(seq)
	r := l.verify(0)
	want(t, r, report.MissingSpans, "GET /api/traces/{trace_id}", "GET /api/traces/{1-...-...}", "GET /api/traces/{trace_id}/otlp", "GET /api/spans?q=")
	want(t, r, report.NotFoundBySearch, "GET /api/traces?q=") // which asks for the last span
	want(t, r, report.MissingLog, "GET /api/logs?q=", "GET /api/traces/{trace_id}/logs")
	want(t, r, report.MissingPoint, "GET /api/metrics/{name}/points")
	want(t, r, report.MapMissing, "GET /api/map")
	none(t, r, report.Duplicate, report.NeverSent)
}

func TestVerifyCountsTwice(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	seq := l.minutesAgo(6)
	l.honest(seq)
	td, ld := l.run.Traces(seq), l.run.Logs(seq) // in another order: no retry that the server would know
	slices.Reverse(td.ResourceSpans)
	slices.Reverse(ld.ResourceLogs[0].ScopeLogs[0].LogRecords)
	l.send("traces", td)
	l.send("logs", ld)
	for _, s := range []string{"traces", "logs", "metrics"} { // what was never acknowledged may not be there twice either
		l.line(map[string]any{"seq": seq, "signal": s, "state": "sending"})
	}
	l.honest(seq + 1)
	l.claim(seq + 1)
	r := l.verifyCounted(seq, 3) // one round twice, and one
	want(t, r, report.Duplicate, "GET /api/traces/{trace_id}", "GET /api/traces/{trace_id}/otlp", "GET /api/traces/{trace_id}/spans/{span_id}",
		"GET /api/traces?q=", "GET /api/spans?q=", "GET /api/logs?q=", "GET /api/traces/{trace_id}/logs", "GET /api/logs/{record_id}")
	want(t, r, report.MapWrong, "GET /api/map")
	want(t, r, report.ServiceWrong, "GET /api/services")
	none(t, r, report.MissingSpans, report.MissingLog, report.NeverSent, report.WrongContent)
}

func TestVerifySeesOtherContent(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	seq := l.minutesAgo(8)
	td, ld, md := l.run.Traces(seq), l.run.Logs(seq), l.run.Metrics(seq)
	for _, s := range td.ResourceSpans[0].ScopeSpans[0].Spans {
		s.Name = "GET /tampered"
	}
	for _, s := range td.ResourceSpans[1].ScopeSpans[0].Spans {
		s.EndTimeUnixNano++
	}
	for _, rec := range ld.ResourceLogs[0].ScopeLogs[0].LogRecords {
		rec.SeverityNumber++
	}
	metrics := md.ResourceMetrics[0].ScopeMetrics[0].Metrics
	metrics[1].GetSum().DataPoints[0].StartTimeUnixNano--
	metrics[2].GetHistogram().DataPoints[0].BucketCounts[0]++
	metrics[2].GetHistogram().DataPoints[0].BucketCounts[1]++
	metrics[2].GetHistogram().DataPoints[0].Count += 2
	l.send("traces", td)
	l.send("logs", ld)
	l.send("metrics", md)
	l.claim(seq)
	r := l.verify(0)
	want(t, r, report.WrongContent, "GET /api/traces/{trace_id}", "GET /api/traces/{1-...-...}", "GET /api/traces/{trace_id}/otlp",
		"GET /api/traces/{trace_id}/spans/{span_id}", "GET /api/logs?q=", "GET /api/logs/{record_id}", "GET /api/traces/{trace_id}/logs", "GET /api/metrics/{name}/points")
	want(t, r, report.BadSignature, "GET /api/traces/{trace_id}/otlp", "GET /api/logs/{record_id}", "GET /api/metrics/{name}/points")
	none(t, r, report.MissingSpans, report.MissingLog, report.MissingPoint, report.Duplicate, report.NeverSent)
}

func TestVerifySeesWhatWasNeverSent(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	seq := l.minutesAgo(10)
	l.honest(seq)
	l.honest(seq + 1) // nobody claims it
	l.honest(seq + 2)
	l.claim(seq)
	l.claim(seq + 2)
	alien := l.run.Traces(seq) // a span too many in a trace of ours
	alien.ResourceSpans = alien.ResourceSpans[:1]
	spans := alien.ResourceSpans[0].ScopeSpans[0]
	spans.Spans = spans.Spans[:1]
	spans.Spans[0].SpanId = []byte("intruder")
	l.send("traces", alien)
	r := l.verifyCounted(seq, 4) // three rounds and the span too many
	want(t, r, report.NeverSent, "GET /api/traces/{trace_id}", "GET /api/spans?q=", "GET /api/logs?q=", "GET /api/metrics/{name}/points")
	want(t, r, report.MapWrong, "GET /api/map")
	none(t, r, report.MissingSpans, report.MissingLog, report.MissingPoint)
}

// TestVerifyForgivesWhatWasNotAcknowledged: it may be there or not.
func TestVerifyForgivesWhatWasNotAcknowledged(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	seq := l.minutesAgo(12)
	l.honest(seq)
	l.claim(seq)
	for _, n := range []int64{seq + 1, seq + 2} {
		for _, s := range []string{"traces", "logs", "metrics"} {
			l.line(map[string]any{"seq": n, "signal": s, "state": "sending"})
		}
	}
	l.honest(seq + 1)
	if r := l.verify(figures); r.ExitCode() != 0 {
		t.Errorf("status %d: %v", r.ExitCode(), r.Examples)
	}
}
