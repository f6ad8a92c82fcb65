package traces_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestKeysAndValuesThatOccur(t *testing.T) {
	db := storagetest.Open(t)
	whole := wholeSpan()
	second := whole
	second.SpanID++
	second.Attrs = []traces.Attr{{Key: "http.route", Text: "/Pay/1"}, {Key: "text", Text: "y"}}
	second.Service = "cart"
	putSpans(t, db, "p", []traces.Span{whole, second, second})
	putSpans(t, db, "other", []traces.Span{{TraceID: id(9), SpanID: 1, Name: "n", Service: "s", Start: noon, Weight: 1, Attrs: []traces.Attr{{Key: "text", Text: "secret"}}}})
	if _, err := traces.NewRollup(db, rollupRetention).Recompute(t.Context(), "p", noon, 1, 1); err != nil {
		t.Fatal(err)
	}
	r := traces.NewReader(db)
	in := traces.Range{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}
	keys := func(prefix, want string) {
		t.Helper()
		found, err := r.Keys(t.Context(), "p", in, prefix, 50)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range found {
			got = append(got, fmt.Sprintf("%s=%v", k.Attr, k.Count))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("keys %q: got\n%s\nwant\n%s", prefix, text, want)
		}
	}
	keys("", "event.exception.type=3 http.route=3 link.k=3 event.n=3 text=3 scope.tier=3 bytes=1 empty=1 flag=1 http.response.status_code=1 list=1 nul=1 number=1 rate=1 rpc.method=1 "+
		"resource.host.cpus=1 resource.k8s.pod.name=1 resource.ratio=1 resource.spot=1")
	keys("HTTP.", "http.route=3 http.response.status_code=1")
	keys("resource.k", "resource.k8s.pod.name=1")
	keys("k8s", "resource.k8s.pod.name=1")
	values := func(key, prefix, want string) {
		t.Helper()
		e, err := filter.Parse(key + ` = "x"`)
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.Values(t.Context(), "p", in, e.(filter.Compare).Attr, prefix, 3)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range found {
			got = append(got, fmt.Sprintf("%q=%v", v.Value, v.Count))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("values of %s %q: got %s, want %s", key, prefix, text, want)
		}
	}
	values("http.route", "/p", `"/Pay/1"=2 "/pay/{id}"=1`)
	values("text", "", `"y"=2 "x"=1`)
	values("http.response.status_code", "5", `"503"=1`)
	values("number", "", `"-9223372036854775808"=1`)
	values("flag", "", `"false"=1`)
	values("service", "C", `"cart"=2 "checkout"=1`)
	values("name", "get", `"GET /é"=3`)
	values("event.exception.type", "", `"Timeout"=3`)
	values("event.name", "", `"exception"=3 "retry"=3`)
	values("scope.tier", "", `"true"=3`)
	values("resource.k8s.pod.name", "web", `"web-1"=1`)
	values("resource.host.cpus", "", `"8"=1`)
	values(".k8s.pod.name", "", `"web-1"=1`)
	values("nowhere", "", "")
}
