package query_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// found is a page of traces as far as these tests look at it.
type found struct {
	Traces []struct {
		TraceID string `json:"trace_id"`
		Matched struct{ Service, Name string }
	}
	Next     *string `json:"next_cursor"`
	Complete bool
	Query    string
}

func (f found) String() string {
	text := ""
	for _, t := range f.Traces {
		text += " " + t.TraceID[30:] + t.Matched.Service
	}
	return text
}

func TestTraceQLOverTheAPI(t *testing.T) {
	l := newLive(t)
	for i := range 3 {
		store(t, l.db, "default", order(byte(i+1), l.start.Add(time.Duration(i)*time.Minute)))
	}
	for q, want := range map[string]string{
		`{ resource.service.name = "web" } >> { resource.service.name = "checkout" && kind = server }`: " 03checkout 02checkout 01checkout",
		`{ resource.service.name = "checkout" } >> { resource.service.name = "web" }`:                  "",
		`{ status = error } | count() > 100`:                                                           "",
	} {
		var page found
		if l.get(t, "/api/traces?q="+url.QueryEscape(q), &page); page.String() != want || !page.Complete || page.Next != nil {
			t.Errorf("%s: %+v, want%s", q, page, want)
		}
	}
	for q, hint := range map[string]string{
		"q=" + url.QueryEscape("{ kind = nothing }"):               "bad_query",
		"q=" + url.QueryEscape("{ } | rate()"):                     "bad_query",
		"sort=spans&q=" + url.QueryEscape("{ }"):                   "bad_parameter",
		"cursor=GKxYjcD-ixVmAAAAAAAAAAAAAAAAAAAB&sort=duration&q=": "bad_parameter",
	} {
		r := request("GET", "/api/traces?"+q)
		w := do(l.Server, r)
		if l.c.check(t, r, w); w.Code != 400 || code(t, w) != hint {
			t.Errorf("%s: %d %s", q, w.Code, w.Body)
		}
	}
}

// Pages of a TraceQL search, one after the other, have what one large page has: every trace once, the newest first, whatever arrives meanwhile.
func TestTraceQLPagesOverTheAPI(t *testing.T) {
	l := newLive(t)
	for i := range 7 {
		store(t, l.db, "default", order(byte(i+1), l.start.Add(time.Duration(i/2)*time.Minute+time.Duration(i%2)))) // pairs, a nanosecond apart
	}
	for i, q := range []string{
		`{ resource.service.name = "web" } >> { resource.service.name = "checkout" && kind = server }`,
		`{ status = error } | count() > 2`,
		`{ resource.service.name = "checkout" } | by(span:kind)`,
	} {
		target := "/api/traces?limit=2&q=" + url.QueryEscape(q)
		var seen string
		pages := 0
		for next := target; next != ""; pages++ {
			var page found
			l.get(t, next, &page)
			for _, t := range page.Traces {
				seen += " " + t.TraceID[30:]
			}
			if !page.Complete || len(page.Traces) > 2 {
				t.Fatalf("%s: page %d: %+v", q, pages+1, page)
			}
			if next = ""; page.Next != nil {
				next = target + "&cursor=" + *page.Next
			}
			if pages == 0 {
				store(t, l.db, "default", order(byte(0x10+i), l.start.Add(8*time.Minute))) // newer than any page to come
			}
		}
		want := " 07 06 05 04 03 02 01"
		for newer := range i { // those of the queries before; they start at the same time, so the larger id is first
			want = fmt.Sprintf(" %02x", 0x10+newer) + want
		}
		if seen != want || pages < 4 {
			t.Errorf("%s: %d pages:%s, want%s", q, pages, seen, want)
		}
	}
}

func TestOrdersOverTheAPI(t *testing.T) {
	l := newLive(t)
	for i := range 3 {
		store(t, l.db, "default", order(byte(i+1), l.start.Add(time.Duration(i)*time.Minute)))
	}
	for _, sort := range []string{"duration", "errors", "spans"} {
		var page found
		if l.get(t, "/api/traces?limit=2&sort="+sort, &page); fmt.Sprint(len(page.Traces), page.Complete, page.Next) != "2 true <nil>" {
			t.Errorf("%s: %+v", sort, page)
		}
	}
}
