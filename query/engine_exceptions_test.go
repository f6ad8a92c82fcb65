package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// thrown is a trace of one span of the shop's cart, in a version, that recorded an exception.
func thrown(id byte, start time.Time, version, typ, message, stack string) ptrace.Traces {
	data := ptrace.NewTraces()
	rs := data.ResourceSpans().AppendEmpty()
	a := rs.Resource().Attributes()
	a.PutStr("deployment.environment.name", "prod")
	a.PutStr("service.name", "cart")
	a.PutStr("service.version", version)
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID{0: 0x77, 15: id})
	s.SetSpanID(pcommon.SpanID{0: id, 7: 1})
	s.SetName("POST /cart")
	s.SetKind(ptrace.SpanKindServer)
	s.TraceState().FromRaw("ot=th:8")
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(ms)))
	if typ == "" {
		return data
	}
	e := s.Events().AppendEmpty()
	e.SetName("exception")
	e.SetTimestamp(pcommon.NewTimestampFromTime(start))
	e.Attributes().PutStr("exception.type", typ)
	e.Attributes().PutStr("exception.message", message)
	e.Attributes().PutStr("exception.stacktrace", stack)
	e.Attributes().PutBool("exception.escaped", true)
	return data
}

func TestExceptionsOfTheRealEngine(t *testing.T) {
	l := newLive(t)
	const stack = "Traceback (most recent call last):\n  File \"/app/shop/cart.py\", line %d, in add\n    pay()\nKeyError: x"
	at := func(d time.Duration) time.Time { return l.start.Add(d) }
	// Sent twice, as after a crash: it counts once.
	for range 2 {
		store(t, l.db, "default", thrown(1, at(-30*time.Hour), "1.0", "KeyError", "no item 17", fmt.Sprintf(stack, 10)))
	}
	store(t, l.db, "default", thrown(2, at(0), "1.0", "", "", ""))
	for i := range 3 {
		store(t, l.db, "default", thrown(byte(10+i), at(time.Duration(i+1)*time.Minute), "1.1", "KeyError", fmt.Sprintf("no item %d for anna@example.com", i), fmt.Sprintf(stack, 10+i)))
		store(t, l.db, "default", thrown(byte(20+i), at(time.Duration(i+1)*time.Minute), "1.1", "KeyError", fmt.Sprintf("no item %d", i), fmt.Sprintf(stack, 20+i)))
	}
	store(t, l.db, "other", thrown(99, at(time.Minute), "1.1", "KeyError", "no item 17", stack))
	store(t, l.db, "default", order(40, at(time.Minute)))
	l.rollUp(t, 6)

	type group struct {
		Fingerprint, Service, Type, Message, Place, Version string
		Operations                                          []string
		Count                                               float64
		Escaped                                             *bool
		First                                               time.Time `json:"first_seen"`
		New                                                 bool
		NewIn                                               bool `json:"new_in_version"`
		Series                                              struct{ Count []float64 }
	}
	var page struct {
		Exceptions []group
		Groups     int
		Next       *string `json:"next_cursor"`
	}
	var got []string
	for next := "/api/exceptions?limit=2"; next != ""; {
		l.get(t, next, &page)
		for _, e := range page.Exceptions {
			sum := 0.0
			for _, n := range e.Series.Count {
				sum += n
			}
			got = append(got, fmt.Sprintf("%s %s %q at %q in %v: %v=%v, %v, v%s new %v %v", e.Service, e.Type, e.Message, e.Place, e.Operations, e.Count, sum, e.First.Sub(l.start), e.Version, e.New, e.NewIn))
		}
		if next = ""; page.Next != nil {
			next = "/api/exceptions?limit=2&cursor=" + *page.Next
		}
	}
	want := []string{
		`cart KeyError "no item 2" at "add (shop/cart.py)" in [POST /cart]: 6=6, -30h0m0s, v1.0 new false false`,
		`cart KeyError "no item 2 for anna@example.com" at "add (shop/cart.py)" in [POST /cart]: 6=6, 1m0s, v1.1 new true true`,
		`checkout TimeoutError "" at "" in [POST /orders]: 2=2, 1m0.01s, v1.0.checkout new true false`,
	}
	if page.Groups != 3 || len(got) != 3 {
		t.Fatalf("%d groups:\n%s", page.Groups, strings.Join(got, "\n"))
	}
	for _, w := range want { // the first two have the same count
		if !strings.Contains(strings.Join(got, "\n"), w) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), w)
		}
	}
	for target, n := range map[string]int{"service=cart": 2, "q=ANNA+keyerror": 1, "q=nothing": 0, "env=dev": 0, "env=prod": 3, "sort=first_seen": 3, "sort=last_seen&limit=1": 1, "from=now-40h&to=now-20h": 1} {
		if l.get(t, "/api/exceptions?"+target, &page); len(page.Exceptions) != n {
			t.Errorf("%s: %d groups, want %d", target, len(page.Exceptions), n)
		}
	}
	if l.get(t, "/api/exceptions?sort=first_seen", &page); page.Exceptions[2].Version != "1.0" {
		t.Errorf("by first seen: %+v", page.Exceptions)
	}
	old := page.Exceptions[2].Fingerprint
	var detail struct {
		group
		Versions []struct {
			Name  string
			Count float64
		}
		Examples []struct {
			TraceID string `json:"trace_id"`
			Version string
		}
		Stack *struct{ Text string } `json:"stacktrace"`
	}
	l.get(t, "/api/exceptions/"+old+"?from=now-40h", &detail)
	if len(detail.Examples) != 4 || detail.Examples[0].TraceID[30:] != "16" || len(detail.Versions) != 2 || detail.Count != 8 || detail.Stack == nil || !strings.Contains(detail.Stack.Text, "line 22") {
		t.Errorf("%+v", detail)
	}
	if l.get(t, "/api/exceptions/"+old+"?from=now-1m", &detail); detail.Count != 0 || len(detail.Examples) != 4 || detail.First.Sub(l.start) != -30*time.Hour {
		t.Errorf("outside of the range: %+v", detail)
	}
}
