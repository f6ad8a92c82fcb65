package segment

import (
	"strings"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sightline/sightline/storage/traces/peer"
)

// putCause makes an event of each exception. A cause that is a string is the id of an exception of another subsegment.
func putCause(s *tracepb.Span, v value, a *attrs) {
	if id, ok := v.str(); ok {
		a.putString("aws.xray.cause.exception_id", id)
		return
	}
	o, ok := objectOf(v)
	if !ok {
		return
	}
	a.members("aws.xray.cause.", o, map[string]string{"exceptions": ""})
	exceptions, _ := o.get("exceptions").list()
	at := s.EndTimeUnixNano // X-Ray does not say when; it ended the work, more often than not
	if at == 0 {
		at = s.StartTimeUnixNano
	}
	for _, e := range exceptions {
		x, ok := objectOf(e)
		if !ok {
			s.DroppedEventsCount++
			continue
		}
		var own attrs
		own.members("aws.xray.exception.", x, map[string]string{"message": "exception.message", "type": "exception.type", "stack": ""})
		if stack, ok := x.get("stack").list(); ok && len(stack) > 0 {
			own.putString("exception.stacktrace", stackTrace(x, stack))
		}
		s.Events = append(s.Events, &tracepb.Span_Event{TimeUnixNano: at, Name: "exception", Attributes: own.list})
	}
}

// stackTrace writes frames as Java does, which every reader of stack traces knows.
func stackTrace(x object, stack []value) string {
	var b strings.Builder
	b.WriteString(x.text("type"))
	if message := x.text("message"); message != "" {
		b.WriteString(": " + message)
	}
	b.WriteByte('\n')
	for _, v := range stack {
		frame, _ := objectOf(v)
		b.WriteString("\tat " + frame.text("label") + "(" + frame.text("path"))
		if line, ok := frame.get("line").number(); ok {
			b.WriteString(":" + line)
		}
		b.WriteString(")\n")
	}
	return b.String()
}

// flags are how X-Ray says that a request ended: more than one may be true.
type flags struct{ fault, throttle, error, told bool }

func flagsOf(o object) (f flags) {
	for key, flag := range map[string]*bool{"fault": &f.fault, "throttle": &f.throttle, "error": &f.error} {
		b, ok := o.get(key).truth()
		*flag = b
		f.told = f.told || ok
	}
	return f
}

// class is the one that counts: a request is in one class only.
func (f flags) class() peer.Class {
	switch {
	case f.fault:
		return peer.Fault
	case f.throttle:
		return peer.Throttle
	case f.error:
		return peer.Error
	}
	return peer.OK
}

// putOutcome makes sure that the recogniser puts the span into the class that the document's flags say.
func putOutcome(s *tracepb.Span, o object, a *attrs) {
	f := flagsOf(o)
	for _, name := range [...]string{"error", "throttle", "fault"} {
		if b, ok := o.get(name).truth(); ok && b {
			a.put("aws.xray."+name, boolValue(b))
		}
	}
	want := f.class()
	if want == peer.OK {
		if !f.told && len(s.Events) > 0 && a.get(httpStatus) == nil { // an exception, and nobody says that it did no harm
			s.Status = failed(s)
		}
		return
	}
	s.Status = failed(s)
	if classOf(s, a) == want {
		return
	}
	if want == peer.Throttle && a.get("error.type") == nil {
		a.putString("error.type", "Throttling") // AWS's word for it; with it a 400 is a throttle
		if classOf(s, a) == want {
			return
		}
	}
	// HTTP's status, or its absence, says something else than the flags do, and the recogniser believes it first. The flags are
	// what X-Ray goes by: the status steps aside, and the class is said in gRPC's words.
	a.rename(httpStatus, "aws.xray.http.response.status")
	a.set("rpc.response.status_code", stringValue(rpcNames[want]))
}

var rpcNames = [...]string{peer.Error: "FAILED_PRECONDITION", peer.Throttle: "RESOURCE_EXHAUSTED", peer.Fault: "INTERNAL"}

func failed(s *tracepb.Span) *tracepb.Status {
	st := &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	for _, e := range s.Events {
		for _, kv := range e.Attributes {
			if kv.Key == "exception.message" && st.Message == "" {
				st.Message = kv.Value.GetStringValue()
			}
		}
	}
	return st
}

// classOf is what the recogniser will say of the span. Exceptions are evidence, too.
func classOf(s *tracepb.Span, a *attrs) peer.Class {
	var in peer.Input
	in.Reset(int32(s.Kind), int32(s.Status.GetCode()))
	in.Message = s.Status.GetMessage()
	for _, e := range s.Events {
		for _, kv := range e.Attributes {
			if slot := peer.SlotOf([]byte(kv.Key)); slot == peer.ExceptionType {
				in.SetString(slot, kv.Value.GetStringValue())
			}
		}
	}
	for _, kv := range a.list {
		slot := peer.SlotOf([]byte(kv.Key))
		if text := kv.Value.GetStringValue(); slot != peer.NoSlot && text != "" {
			in.SetString(slot, text)
		} else if slot != peer.NoSlot {
			in.SetInt(slot, kv.Value.GetIntValue())
		}
	}
	return peer.Classify(&in)
}
