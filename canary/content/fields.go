package content

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Fields are an item's content as texts by name, wherever it was read: values of attributes as Value spells them. A field that is
// empty or 0 is absent.
type Fields map[string]string

// set leaves out what is empty.
func (f Fields) set(name, value string) {
	if value != "" && value != "0" {
		f[name] = value
	}
}

func (f Fields) number(name string, n uint64) { f.set(name, strconv.FormatUint(n, 10)) }

func (f Fields) attrs(prefix string, attrs []*commonpb.KeyValue) {
	for _, a := range attrs {
		f.Attr(prefix+a.Key, Value(a.Value))
	}
}

// Attr adds an attribute; a key that is there twice shows.
func (f Fields) Attr(name, value string) {
	if have, ok := f[name]; ok {
		value = have + " and again " + value
	}
	f[name] = value
}

// Set adds a field unless it is empty or 0.
func (f Fields) Set(name, value string) { f.set(name, value) }

// Value spells a value with its type: string:yes, int:3, bytes:AQID, list:[int:1 string:a].
func Value(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return "string:" + v.StringValue
	case *commonpb.AnyValue_BoolValue:
		return "bool:" + strconv.FormatBool(v.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return "int:" + strconv.FormatInt(v.IntValue, 10)
	case *commonpb.AnyValue_DoubleValue:
		return "double:" + Float(v.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		return "bytes:" + base64.StdEncoding.EncodeToString(v.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		var b strings.Builder
		for _, e := range v.ArrayValue.GetValues() {
			b.WriteString(" " + strconv.Quote(Value(e)))
		}
		return "list:[" + strings.TrimPrefix(b.String(), " ") + "]"
	case *commonpb.AnyValue_KvlistValue:
		var b strings.Builder
		for _, e := range v.KvlistValue.GetValues() {
			b.WriteString(" " + strconv.Quote(e.Key) + "=" + strconv.Quote(Value(e.Value)))
		}
		return "map:{" + strings.TrimPrefix(b.String(), " ") + "}"
	}
	return "empty:"
}

// Float spells a number so that it reads back to the bit.
func Float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (f Fields) origin(resource *resourcepb.Resource, scope *commonpb.InstrumentationScope) {
	f.attrs("resource.", resource.GetAttributes())
	f.number("resource dropped", uint64(resource.GetDroppedAttributesCount()))
	f.set("scope name", scope.GetName())
	f.set("scope version", scope.GetVersion())
	f.attrs("scope.", scope.GetAttributes())
}

// SpanFields is the content of a span.
func SpanFields(resource *resourcepb.Resource, scope *commonpb.InstrumentationScope, s *tracepb.Span) Fields {
	f := Fields{}
	f.origin(resource, scope)
	f.set("trace id", ID(s.TraceId))
	f.set("span id", ID(s.SpanId))
	f.set("parent id", ID(s.ParentSpanId))
	f.set("name", s.Name)
	f.number("kind", uint64(s.Kind))
	f.number("start", s.StartTimeUnixNano)
	f.number("end", s.EndTimeUnixNano)
	f.number("flags", uint64(s.Flags))
	f.set("trace state", s.TraceState)
	f.number("status", uint64(s.Status.GetCode()))
	f.set("status message", s.Status.GetMessage())
	f.attrs(attrPrefix, s.Attributes)
	f.number("dropped attributes", uint64(s.DroppedAttributesCount))
	for i, e := range s.Events {
		p := fmt.Sprintf("event %d ", i)
		f.set(p+"name", e.Name)
		f.number(p+"time", e.TimeUnixNano)
		f.attrs(p, e.Attributes)
	}
	for i, l := range s.Links {
		p := fmt.Sprintf("link %d ", i)
		f.set(p+"trace id", ID(l.TraceId))
		f.set(p+"span id", ID(l.SpanId))
		f.attrs(p, l.Attributes)
	}
	return f
}

const (
	attrPrefix   = "attribute "
	signatureKey = "canary.signature"
)

// sign is the signature of a content that has none yet.
func (r Run) sign(f Fields) string {
	mac := hmac.New(sha256.New, r.key())
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name != attrPrefix+signatureKey {
			fmt.Fprintf(mac, "%q=%q\n", name, f[name])
		}
	}
	return "s" + hex.EncodeToString(mac.Sum(nil)[:12])
}

// Signed says whether a content is one that this run has signed, and nobody changed it since.
func (r Run) Signed(f Fields) bool {
	return hmac.Equal([]byte(f[attrPrefix+signatureKey]), []byte("string:"+r.sign(f)))
}

// Diff says in what a stored content differs from what was sent, field by field; nothing if it does not.
func Diff(sent, stored Fields) (differences []string) {
	names := maps.Clone(sent)
	maps.Copy(names, stored)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, hadA := sent[name]
		b, hadB := stored[name]
		switch {
		case a == b && hadA == hadB:
		case !hadB:
			differences = append(differences, fmt.Sprintf("%s is gone (was %q)", name, clip(a)))
		case !hadA:
			differences = append(differences, fmt.Sprintf("%s is %q, was never sent", name, clip(b)))
		default:
			differences = append(differences, fmt.Sprintf("%s is %q, was %q", name, clip(b), clip(a)))
		}
	}
	return differences
}

func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
