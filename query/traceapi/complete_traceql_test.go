package traceapi

import (
	"context"
	"strings"
	"testing"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// fewWords are those of a store with little in it.
type fewWords struct{}

func (fewWords) Keys(_ context.Context, _ string, _ traces.Range, prefix string, _ int) (all []traces.KeyCount, _ error) {
	for _, a := range []filter.Attr{{Scope: filter.Span, Key: "http.route"}, {Scope: filter.Resource, Key: "host.name"}, {Scope: filter.Event, Key: "http.retry"}, {Scope: filter.Span, Key: "odd key"}} {
		if strings.HasPrefix(a.Key, prefix) {
			all = append(all, traces.KeyCount{Attr: a, Count: 1})
		}
	}
	return all, nil
}

func (fewWords) Values(_ context.Context, _ string, _ traces.Range, attr filter.Attr, _ string, _ int) ([]traces.ValueCount, error) {
	if attr.Key == filter.Service {
		return []traces.ValueCount{{Value: "web"}, {Value: `a "b"`}}, nil
	}
	return []traces.ValueCount{{Value: "42"}}, nil
}

func TestCompletionOfTraceQL(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		c := completer{ctx: t.Context(), words: fewWords{}}
		if err := c.fillTraceQL(traceql.CaretAt(text)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range c.items {
			got = append(got, item.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s\nwant %s", text, strings.Join(got, " "), want)
		}
	}
	f("{ sta", "status statusMessage")
	f("{ dur", "duration")
	f("{ peer", "span:peer span:peerType")
	f("{ h", "span.http.route resource.host.name event.http.retry")
	f("{ span.h", "span.http.route")
	f("{ .h", ".http.route .host.name")
	f("{ span.o", `span."odd key"`)
	f(`{ span."o`, `span."odd key"`)
	f("{ parent.r", "parent.resource.")
	f("{ parent.span.h", "parent.span.http.route")
	f("{ parent.resource.h", "parent.resource.host.name")
	f("{ } | select(event.", "event.http.retry")
	f("{ kind = c", "client consumer")
	f("{ duration > 1", "10ms 100ms 1s")
	f("{ resource.service.name = ", `"web" "a \"b\""`)
	f("{ span.n = ", `42 "42"`)
	f("{ nestedSetLeft = ", "")
	f("{ name ", "= != > >= < <= =~ !~ && || }")
	f("{ name = 5 ", "&& || }")
	f("{ } | c", "count() coalesce()")
	f("{ } | count() ", "| > >= = != < <=")
	f("{ } >", "{")
}
