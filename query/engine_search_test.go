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
