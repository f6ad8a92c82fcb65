package segment

import (
	"os"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"github.com/sightline/sightline/storage/traces/peer"
)

// TestPeersOfSubsegments holds the documents that X-Ray's SDKs send to the nodes that X-Ray draws of them: testdata/peers.test.
func TestPeersOfSubsegments(t *testing.T) {
	file, err := os.ReadFile("testdata/peers.test")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		doc, want, ok := strings.Cut(line, " -> ")
		if !ok {
			t.Fatalf("%q is no fixture", line)
		}
		tried++
		top := `{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","start_time":1461096053.37,"end_time":1461096053.40,`
		if strings.HasPrefix(doc, "{") {
			top += `"name":"web","id":"53995c3f42cd8ad8","subsegments":[{"id":"53995c3f42cd8ad7","start_time":1461096053.37,"end_time":1461096053.40,` + doc[1:] + `]}`
		} else {
			top += strings.TrimPrefix(doc, "segment {")
		}
		d, err := Parse([]byte(top))
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		if !strings.HasPrefix(doc, "{") {
			got := peer.ServiceType(func(key string) string { return (&attrs{list: d.Resource.Attributes}).get(key).GetStringValue() })
			if got != want {
				t.Errorf("%s: got %s, want %s", doc, got, want)
			}
			continue
		}
		s := d.Spans[1]
		var in peer.Input
		in.Reset(int32(s.Kind), int32(s.Status.GetCode()))
		for _, kv := range s.Attributes {
			slot := peer.SlotOf([]byte(kv.Key))
			if slot == peer.NoSlot {
				continue
			}
			switch v := kv.Value.Value.(type) {
			case *commonpb.AnyValue_StringValue:
				in.SetString(slot, v.StringValue)
			case *commonpb.AnyValue_IntValue:
				in.SetInt(slot, v.IntValue)
			case *commonpb.AnyValue_ArrayValue:
				in.SetString(slot, v.ArrayValue.Values[0].GetStringValue())
			}
		}
		r := peer.Recognise(&in)
		got := strings.TrimSpace([...]string{"ok", "error", "throttle", "fault"}[r.Class] + " " + r.Type + " " + r.Name)
		if got != want {
			t.Errorf("%s: got %s, want %s", doc, got, want)
		}
	}
	if tried < 40 {
		t.Errorf("%d fixtures only", tried)
	}
}
