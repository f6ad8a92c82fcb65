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

func resource(n byte, attrs ...string) *traces.Resource {
	r := &traces.Resource{ID: [16]byte{n}}
	for _, a := range attrs {
		key, text, _ := strings.Cut(a, "=")
		r.Attrs = append(r.Attrs, traces.Attr{Key: key, Text: text})
	}
	return r
}

func TestInstancesAreTheProcessesOfAService(t *testing.T) {
	db := storagetest.Open(t)
	resources := []*traces.Resource{
		resource(1, "service.instance.id=i-1", "host.name=h-1"), resource(2, "service.instance.id=i-1", "host.name=h-1", "process.pid=7"), // one
		resource(3, "k8s.pod.name=pod-1"), resource(4, "host.name=h-2", "process.pid=9"), resource(5, "container.id=c-1"), resource(6),
	}
	var spans []traces.Span
	add := func(n int, service string, r *traces.Resource, at, took time.Duration, kind traces.Kind, class traces.Class, version string) {
		for range n {
			spans = append(spans, traces.Span{TraceID: id(byte(len(spans))), SpanID: traces.SpanID(len(spans) + 1), ParentID: 1000, Name: "n", Service: service, Kind: kind, Class: class, Version: version,
				Start: noon.Add(at), Duration: took, Weight: 2, Resource: r})
		}
	}
	add(5, "web", resources[0], 0, ms(10), traces.KindServer, traces.ClassOK, "1")
	add(2, "web", resources[1], time.Minute, ms(10), traces.KindServer, traces.ClassFault, "2")
	add(3, "web", resources[1], 2*time.Minute, ms(1000), traces.KindClient, traces.ClassFault, "2")
	for i, r := range resources[2:] {
		add(4-i, "web", r, ms(i), ms(10), traces.KindConsumer, traces.ClassThrottle, "1")
	}
	add(50, "cart", resource(9, "service.instance.id=i-9"), 0, ms(10), traces.KindServer, traces.ClassOK, "1")
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon.Add(time.Hour))
	set := traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon, To: noon.Add(time.Hour)}, Filter: filter.Compare{Attr: filter.Attr{Key: filter.Service}, Value: filter.StringValue("web")}}
	found, err := r.Instances(t.Context(), set)
	if err != nil || !found.Complete {
		t.Fatalf("%+v, %v", found.Outcome, err)
	}
	var got []string
	for _, i := range found.Instances {
		got = append(got, fmt.Sprintf("%s %s v%s %v-%v %d spans %v requests %v bad %d", i.ID, i.Host, i.Version, i.FirstSeen.Sub(noon), i.LastSeen.Sub(noon), i.Spans, i.Requests(), i.Fault, len(i.Latency)))
	}
	want := `i-1 h-1 v2 0s-2m0s 10 spans 14 requests 4 bad 1
pod-1  v1 0s-0s 4 spans 8 requests 8 bad 1
h-2:9 h-2 v1 1ms-1ms 3 spans 6 requests 6 bad 1
c-1  v1 2ms-2ms 2 spans 4 requests 4 bad 1
  v1 3ms-3ms 1 spans 2 requests 2 bad 1`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	set.RowLimit, set.Range = 1, traces.Range{From: noon.Add(-time.Hour), To: noon.Add(2*time.Minute + 30*time.Second)}
	if found, err = r.Instances(t.Context(), set); err != nil || found.Complete || found.Reason != traces.ReasonRowLimit {
		t.Errorf("%+v, %v", found.Outcome, err)
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func TestTeamsAreTheNewestThatResourcesName(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	add := func(service, env string, at time.Duration, r *traces.Resource) {
		spans = append(spans, traces.Span{TraceID: id(1), SpanID: traces.SpanID(len(spans) + 1), Name: "n", Service: service, ServiceType: "service", Env: env, Weight: 1, Start: noon.Add(at), Resource: r})
	}
	add("web", "prod", 0, resource(1, "team=old"))
	add("web", "prod", time.Hour, resource(2, "team=storefront", "service.owner=me"))
	add("web", "dev", 0, resource(3, "service.owner=dev"))
	add("cart", "prod", 0, resource(4, "k8s.label.team=carts", "service.team="))
	add("pay", "prod", 0, resource(5, "host.name=h"))
	add("ship", "prod", -72*time.Hour, resource(6, "team=gone"))
	odd := resource(7)
	odd.Attrs = []traces.Attr{{Key: "team", Type: traces.ValueBool, Text: "true"}}
	add("odd", "prod", 0, odd)
	putSpans(t, db, "p", spans)
	teams, err := traces.NewReader(db).Teams(t.Context(), "p", traces.Range{From: noon, To: noon.Add(time.Hour)})
	want := map[traces.ServiceID]string{{Env: "prod", Name: "web", Type: "service"}: "storefront", {Env: "dev", Name: "web", Type: "service"}: "dev", {Env: "prod", Name: "cart", Type: "service"}: "carts"}
	if err != nil || fmt.Sprint(teams) != fmt.Sprint(want) {
		t.Errorf("%v, %v", teams, err)
	}
}
