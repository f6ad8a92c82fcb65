package foreign

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/jaeger"
)

// batch is one of every type that Jaeger's Thrift has.
func batch(t testing.TB) []byte {
	t.Helper()
	text, number, float, yes := "v", int64(3), 0.5, true
	tags := []*jaeger.Tag{
		{Key: "s", VType: jaeger.TagType_STRING, VStr: &text}, {Key: "i", VType: jaeger.TagType_LONG, VLong: &number},
		{Key: "f", VType: jaeger.TagType_DOUBLE, VDouble: &float}, {Key: "b", VType: jaeger.TagType_BOOL, VBool: &yes},
		{Key: "y", VType: jaeger.TagType_BINARY, VBinary: []byte{0, 1}},
	}
	b, err := thrift.NewTSerializer().Write(context.Background(), &jaeger.Batch{
		Process: &jaeger.Process{ServiceName: "cart", Tags: tags}, SeqNo: &number, Stats: &jaeger.ClientStats{FullQueueDroppedSpans: 1},
		Spans: []*jaeger.Span{{TraceIdLow: 1, SpanId: 2, OperationName: "a", References: []*jaeger.SpanRef{{TraceIdLow: 1, SpanId: 3}}, Tags: tags,
			Logs: []*jaeger.Log{{Timestamp: 5, Fields: tags}}}, {OperationName: "b"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestThriftIsWalkedToItsEnd(t *testing.T) {
	t.Parallel()
	b := batch(t)
	if rest, ok := skipThrift(thriftStruct, b, 0); !ok || len(rest) != 0 {
		t.Errorf("%d bytes are left, %v", len(rest), ok)
	}
	if rest, ok := skipThrift(thriftStruct, append(b, 7), 0); !ok || len(rest) != 1 {
		t.Errorf("of a byte more %d are left, %v", len(rest), ok)
	}
	for n := range b {
		if _, ok := skipThrift(thriftStruct, b[:n], 0); ok {
			t.Errorf("%d of %d bytes are a message", n, len(b))
		}
	}
}

// FuzzSkipThrift: what it lets through, Jaeger's decoder reserves no more for than what the body holds.
func FuzzSkipThrift(f *testing.F) {
	f.Add(batch(f))
	f.Add(binary.BigEndian.AppendUint32([]byte{15, 0, 2, 12}, 1<<30))
	f.Add([]byte{13, 0, 1, 11, 3, 0xff, 0xff, 0xff, 0xff, 0})
	f.Add(bytes.Repeat([]byte{12, 0, 1}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		rest, ok := skipThrift(thriftStruct, b, 0)
		if !ok {
			return
		}
		if len(rest) > len(b) {
			t.Fatalf("%d bytes are left of %d", len(rest), len(b))
		}
		var into jaeger.Batch
		_ = thrift.NewTDeserializer().Read(context.Background(), &into, b) // must not panic; it may refuse what lacks a required field
		if cap(into.Spans) > len(b) {
			t.Fatalf("%d spans reserved for %d bytes", cap(into.Spans), len(b))
		}
	})
}
