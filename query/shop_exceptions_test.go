package query_test

import (
	"context"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

func (s *shop) ExceptionGroups(ctx context.Context, q traces.ExceptionQuery) ([]traces.ExceptionGroup, error) {
	return []traces.ExceptionGroup{
		{Fingerprint: 0xa1, Service: "checkout", Type: "TimeoutError", Place: "pay (shop/payment.py)", Message: "payment did not answer in 3000 ms", Count: 44, Exceptions: 40, Escaped: 2, LastInRange: q.Range.To.Add(-time.Minute)},
		{Fingerprint: 0xb2, Service: "checkout", Type: "ValueError", Message: "bad card", Count: 3, Exceptions: 3, LastInRange: q.Range.To.Add(-time.Second)},
	}, s.wait(ctx)
}

func (s *shop) ExceptionsSeen(ctx context.Context, _ string, _ []uint64) (map[uint64]traces.ExceptionSeen, error) {
	return map[uint64]traces.ExceptionSeen{
		0xa1: {First: now.Add(-20 * time.Minute), Last: now.Add(-time.Minute), Version: "1.4.2", Service: "checkout"},
		0xb2: {First: now.Add(-50 * time.Hour), Last: now.Add(-time.Second), Version: "1.4.1", Service: "checkout"},
	}, s.wait(ctx)
}

func (s *shop) ExceptionSteps(ctx context.Context, q traces.ExceptionQuery, fingerprints []uint64, _ time.Duration) ([]traces.ExceptionStep, error) {
	var steps []traces.ExceptionStep
	for _, f := range fingerprints {
		for i := range 3 {
			at := q.Range.To.Add(-time.Duration(15-i) * time.Minute).Truncate(time.Minute)
			steps = append(steps, traces.ExceptionStep{Fingerprint: f, At: at, Operation: "POST /checkout", Version: "1.4.2", Count: float64(10 + i), First: at, Last: at.Add(time.Second)})
		}
	}
	return steps, s.wait(ctx)
}

func (s *shop) ExceptionExamples(ctx context.Context, _ string, in traces.Range, fingerprint uint64, _ int) ([]traces.ExceptionExample, error) {
	if fingerprint != 0xa1 {
		return nil, s.wait(ctx)
	}
	return []traces.ExceptionExample{{
		TraceID: shopTrace, SpanID: 0xc3c3c3c3c3c3c3c3, Start: in.To.Add(-time.Minute), Operation: "POST /checkout", Version: "1.4.2", Service: "checkout",
		Type: "TimeoutError", Place: "pay (shop/payment.py)", Message: "payment did not answer in 3000 ms", Escaped: 2,
	}}, s.wait(ctx)
}

func (s *shop) VersionsAround(ctx context.Context, _ string, _ traces.Range, _ []string) (map[string][]traces.VersionSince, error) {
	return map[string][]traces.VersionSince{"checkout": {{Version: "1.4.1", First: now.Add(-20 * time.Hour)}, {Version: "1.4.2", First: now.Add(-30 * time.Minute)}}}, s.wait(ctx)
}
