package segment

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sightline/sightline/storage/traces/peer"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestEveryMemberHasAPlace reads the developer guide's example, widened to every member that a document may have, and what X-Ray's
// SDK for Go 1.8.5 sent.
func TestEveryMemberHasAPlace(t *testing.T) {
	for _, name := range []string{"scorekeep", "go-segment", "go-subsegment"} {
		t.Run(name, func(t *testing.T) { golden(t, name) })
	}
}

func golden(t *testing.T, name string) {
	in, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	got := text(d)
	if *update {
		if err := os.WriteFile("testdata/"+name+".txt", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// text shows a document's spans, attributes in their order.
func text(d *Document) string {
	var b strings.Builder
	attrs := func(indent string, list []*commonpb.KeyValue) {
		for _, kv := range list {
			fmt.Fprintf(&b, "%s%s = %s\n", indent, kv.Key, anyText(kv.Value))
		}
	}
	attrs("resource ", d.Resource.Attributes)
	for _, s := range d.Spans {
		fmt.Fprintf(&b, "span %x/%x below %x %s %q %d-%d %v %q dropped %d\n", s.TraceId, s.SpanId, s.ParentSpanId, strings.TrimPrefix(s.Kind.String(), "SPAN_KIND_"), s.Name,
			s.StartTimeUnixNano, s.EndTimeUnixNano, s.Status.GetCode(), s.Status.GetMessage(), s.DroppedAttributesCount)
		attrs("  ", s.Attributes)
		for _, e := range s.Events {
			fmt.Fprintf(&b, "  event %s at %d\n", e.Name, e.TimeUnixNano)
			attrs("    ", e.Attributes)
		}
		for _, l := range s.Links {
			fmt.Fprintf(&b, "  link %x/%x\n", l.TraceId, l.SpanId)
			attrs("    ", l.Attributes)
		}
	}
	return b.String()
}

func anyText(v *commonpb.AnyValue) string {
	switch v := v.Value.(type) {
	case *commonpb.AnyValue_StringValue:
		return fmt.Sprintf("%q", v.StringValue)
	case *commonpb.AnyValue_IntValue:
		return fmt.Sprintf("int %d", v.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return fmt.Sprintf("double %v", v.DoubleValue)
	case *commonpb.AnyValue_BoolValue:
		return fmt.Sprint(v.BoolValue)
	case *commonpb.AnyValue_ArrayValue:
		var all []string
		for _, e := range v.ArrayValue.Values {
			all = append(all, anyText(e))
		}
		return fmt.Sprint(all)
	}
	return "?"
}

const whole = `"name":"web","id":"194fcc8747581230","trace_id":"1-5759e988-bd862e3fe1be46a994272793","start_time":1461096053,"end_time":1461096054`

func TestDocumentsThatAreNotTaken(t *testing.T) {
	f := func(doc, code, id string) {
		t.Helper()
		_, err := Parse([]byte(doc))
		var e *Error
		if !errors.As(err, &e) || e.Code != code || e.ID != id || !strings.HasPrefix(e.Error(), "Invalid segment. ErrorCode: "+code) {
			t.Errorf("%.150s: %v, want %s of %q", doc, err, code, id)
		}
	}
	g := func(old, with, code, id string) {
		t.Helper()
		f("{"+strings.Replace(whole, old, with, 1)+"}", code, id)
	}
	const own = "194fcc8747581230"
	f(``, CodeParse, "")
	f(`{`, CodeParse, "")
	f(`[]`, CodeParse, "")
	f(`{} {}`, CodeParse, "")
	f(`{"x":"`+strings.Repeat("x", MaxBytes)+`"}`, CodeTooLarge, "")
	g(`"trace_id":"1-5759e988-bd862e3fe1be46a994272793",`, ``, CodeTraceID, own)
	g(`1-5759e988-`, `2-5759e988-`, CodeTraceID, own)
	g(`1-5759e988-bd862e3fe1be46a994272793`, `1-5759e988-bd862e3fe1be46a99427279`, CodeTraceID, own)
	g(`1-5759e988-bd862e3fe1be46a994272793`, `1-5759e988-bd862e3fe1be46a99427279g`, CodeTraceID, own)
	g(`1-5759e988-bd862e3fe1be46a994272793`, `1-00000000-000000000000000000000000`, CodeTraceID, own)
	g(`"id":"194fcc8747581230",`, ``, CodeMissingID, "")
	g(`"id":"194fcc8747581230"`, `"id":""`, CodeMissingID, "")
	g(own, `194fcc874758123`, CodeBadID, `194fcc874758123`)
	g(own, `0000000000000000`, CodeBadID, `0000000000000000`)
	g(`"name":"web",`, ``, CodeName, own)
	g(`"name":"web"`, `"name":7`, CodeName, own)
	g(`"start_time":1461096053,`, ``, CodeStart, own)
	g(`1461096053`, `"soon"`, CodeStart, own)
	g(`1461096053`, `-1`, CodeStart, own)
	g(`1461096054`, `1e300`, CodeEnd, own)
	g(`1461096054`, `true`, CodeEnd, own)
	g(`"end_time"`, `"parent_id":"xyz","end_time"`, CodeParentID, own)
	g(`"end_time"`, `"subsegments":{},"end_time"`, CodeParse, own)
	g(`"end_time"`, `"subsegments":[{"name":"a","start_time":1}],"end_time"`, CodeMissingID, "")
	g(`"end_time"`, `"subsegments":[{"name":"a","id":"0000000000000001"}],"end_time"`, CodeStart, "0000000000000001")
	deep := `"end_time"`
	for i := range MaxDepth {
		deep = fmt.Sprintf(`"subsegments":[{"name":"a","start_time":1461096053,"id":"%016x",%s:1461096054}],"end_time"`, i+1, deep)
	}
	g(`"end_time"`, deep, CodeTooDeep, own)
	f(`{"subsegments":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`}`, CodeParse, "")
}

func TestWhatIsTakenBesides(t *testing.T) {
	f := func(old, with string, check func(*Document) bool) {
		t.Helper()
		if d, err := Parse([]byte("{" + strings.Replace(whole, old, with, 1) + "}")); err != nil || !check(d) {
			t.Errorf("%.150s: %v %v", with, d, err)
		}
	}
	f(`1-5759e988-bd862e3fe1be46a994272793`, `5759E988BD862E3FE1BE46A994272793`, func(d *Document) bool { return d.Ref.Trace[0] == 0x57 })
	f(`,"end_time":1461096054`, ``, func(d *Document) bool { return d.Spans[0].EndTimeUnixNano == 0 })
	f(`"end_time"`, `"parent_id":null,"end_time"`, func(d *Document) bool { return d.Spans[0].ParentSpanId == nil })
	f(`"end_time"`, `"parent_id":"00000000000000ff","end_time"`, func(d *Document) bool { return d.Spans[0].ParentSpanId[7] == 0xff && d.Parent[7] == 0xff })
	f(`"end_time"`, `"type":"subsegment","end_time"`, func(d *Document) bool {
		return d.Independent && d.Spans[0].Kind == tracepb.Span_SPAN_KIND_INTERNAL && len(d.Resource.Attributes) == 0
	})
	f(`"end_time"`, `"type":"subsegment","namespace":"remote","end_time"`, func(d *Document) bool { return d.Spans[0].Kind == tracepb.Span_SPAN_KIND_CLIENT })
	most := ""
	for i := range 700 {
		most += fmt.Sprintf(`,{"name":"a","id":"%016x","start_time":1461096053,"end_time":1461096053}`, i+1)
	}
	f(`"end_time"`, `"subsegments":[`+most[1:]+`],"end_time"`, func(d *Document) bool { return len(d.Spans) == 701 })
}

func TestIndependentSubsegmentsTakeTheirSegmentsResource(t *testing.T) {
	segment, err := Parse([]byte("{" + whole + `,"origin":"AWS::ECS::Fargate"}`))
	if err != nil {
		t.Fatal(err)
	}
	sub, err := Parse([]byte("{" + strings.Replace(whole, `"web"`, `"SQS"`, 1) + `,"type":"subsegment","namespace":"aws","aws":{"xray":{"sdk":"X-Ray for Go"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	sub.Adopt(segment.Owner())
	var got []string
	for _, kv := range sub.Resource.Attributes {
		got = append(got, kv.Key)
	}
	if want := "service.name,aws.xray.origin,cloud.platform,aws.ecs.launchtype,cloud.provider,telemetry.sdk.name,telemetry.sdk.language"; strings.Join(got, ",") != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(segment.Resource.Attributes) != 5 || sub.Origin != "AWS::ECS::Fargate" {
		t.Errorf("the segment's resource was changed: %v", segment.Resource)
	}
}

// TestFlagsAndRecogniserAgree has every combination of flags with every kind of status.
func TestFlagsAndRecogniserAgree(t *testing.T) {
	for i := range 8 {
		for _, status := range []int{0, 200, 302, 400, 404, 429, 500, 503} {
			for _, exception := range []string{"", "IOException", "ThrottlingException"} {
				doc := whole
				want := peer.OK
				for _, flag := range []struct {
					bit   int
					name  string
					class peer.Class
				}{{1, "error", peer.Error}, {2, "throttle", peer.Throttle}, {4, "fault", peer.Fault}} {
					doc += fmt.Sprintf(`,%q:%v`, flag.name, i&flag.bit != 0)
					if i&flag.bit != 0 {
						want = flag.class
					}
				}
				if status != 0 {
					doc += fmt.Sprintf(`,"http":{"response":{"status":%d}}`, status)
				}
				if exception != "" {
					doc += fmt.Sprintf(`,"cause":{"exceptions":[{"id":"70de5b6f19ff9a0b","type":%q}]}`, exception)
				}
				d, err := Parse([]byte("{" + doc + "}"))
				if err != nil {
					t.Fatal(err)
				}
				s := d.Spans[0]
				got := classOf(s, &attrs{list: s.Attributes})
				if i != 0 && got != want || i == 0 && status < 400 && got != peer.OK {
					t.Errorf("%s: class %d, want %d", doc, got, want)
				}
				kept := slices.ContainsFunc(s.Attributes, func(kv *commonpb.KeyValue) bool {
					return kv.Value.GetIntValue() == int64(status) && strings.HasPrefix(strings.TrimPrefix(kv.Key, "aws.xray."), "http.response.status")
				})
				if status != 0 && !kept {
					t.Errorf("%s: the status is gone", doc)
				}
			}
		}
	}
	// What nobody judged.
	d, err := Parse([]byte("{" + whole + `,"cause":{"exceptions":[{"id":"70de5b6f19ff9a0b","message":"broken"}]}}`))
	if err != nil || d.Spans[0].Status.GetMessage() != "broken" || classOf(d.Spans[0], &attrs{}) != peer.Fault {
		t.Errorf("%v %v", d, err)
	}
}

func TestTimesAreReadByTheirDigits(t *testing.T) {
	f := func(in string, want uint64) {
		t.Helper()
		if got, ok := epochNs(in); got != want || ok != (want != 0) {
			t.Errorf("%s = %d %v, want %d", in, got, ok, want)
		}
	}
	f("1461096053.37518", 1461096053375180000)
	f("1.461096053398E9", 1461096053398000000)
	f("1.4610960533981234567e+9", 1461096053398123456)
	f("1461096053398e-3", 1461096053398000000)
	f("1461096053", 1461096053000000000)
	f("1461096053.123456789", 1461096053123456789)
	f("1461096053.1234567899", 1461096053123456789)
	f("0.000000001e18", 1000000000000000000)
	f("9999999999.999999999", 9999999999999999999)
	f("10000000000", 0)
	f("0", 0)
	f("0.5", 0)
	f("-1461096053", 0)
	f("1e-400", 0)
	f("1e400", 0)
	f("1e99999999999999999999", 0)
}
