// Package peer recognises, from one span alone, what the span talks to, or which test called it, and how the request ended: the type and name of the
// downstream node by the rules that AWS X-Ray and Application Signals follow, widened to their non-AWS twins, and the class
// ok, error, throttle or fault. It is pure: no I/O, no clock, no state but an optional cache of its own answers. It does not
// resolve names to instrumented services; the service map's join does that.
package peer

import "strconv"

// Class is how a request ended. The numbers are those of the class column and of traces.Class.
type Class uint8

const (
	OK       Class = iota
	Error          // HTTP 4xx but 429; gRPC codes that blame the caller
	Throttle       // HTTP 429, gRPC RESOURCE_EXHAUSTED, AWS's throttling codes
	Fault          // HTTP 5xx, gRPC codes that blame the callee, any other failed span
)

// Span kinds, as OTLP numbers them.
const (
	kindServer   = 2
	kindClient   = 3
	kindProducer = 4
	kindConsumer = 5
)

// statusError is OTLP's status code of a failed span.
const statusError = 2

// ValueType says which field of a Value counts.
type ValueType uint8

const (
	None ValueType = iota
	String
	Int
	Float
	Bool // Int is 0 or 1
)

// Value is an attribute's value. Str may alias the caller's buffer: nothing here keeps it.
type Value struct {
	Str  string
	Int  int64
	Num  float64
	Type ValueType
}

// Input is the evidence of one span. Reuse it: Reset forgets the evidence without clearing it.
type Input struct {
	Kind   int32 // OTLP span kind
	Status int32 // OTLP status code
	// Message is that of the status. AWS's Go SDK leaves the error code there only.
	Message string

	set  mask
	vals [numSlots]Value
}

// Reset forgets all evidence.
func (in *Input) Reset(kind, status int32) {
	in.Kind, in.Status, in.Message, in.set = kind, status, "", 0
}

// SetString notes a string attribute.
func (in *Input) SetString(s Slot, v string) {
	in.set |= 1 << s
	val := &in.vals[s]
	val.Str, val.Type = v, String
}

// SetInt notes an integer attribute.
func (in *Input) SetInt(s Slot, v int64) {
	in.set |= 1 << s
	val := &in.vals[s]
	val.Int, val.Type = v, Int
}

// Set notes an attribute of any type.
func (in *Input) Set(s Slot, v Value) {
	in.set |= 1 << s
	in.vals[s] = v
}

// has says whether any of the slots is filled.
func (in *Input) has(m mask) bool { return in.set&m != 0 }

// str is the slot's string, "" if it is empty or of another type.
func (in *Input) str(s Slot) string {
	if in.set&(1<<s) == 0 || in.vals[s].Type != String {
		return ""
	}
	return in.vals[s].Str
}

// text is the slot's string or decimal integer: ports and status codes come as both.
func (in *Input) text(s Slot) string {
	if in.set&(1<<s) != 0 && in.vals[s].Type == Int {
		return strconv.FormatInt(in.vals[s].Int, 10)
	}
	return in.str(s)
}

// num is the slot's integer, also when it was sent as a decimal string.
func (in *Input) num(s Slot) (int64, bool) {
	if in.set&(1<<s) == 0 {
		return 0, false
	}
	switch v := &in.vals[s]; v.Type {
	case Int:
		return v.Int, true
	case Float:
		return int64(v.Num), v.Num == float64(int64(v.Num))
	case String:
		n, err := strconv.ParseInt(v.Str, 10, 32)
		return n, err == nil
	}
	return 0, false
}

func (in *Input) truth(s Slot) bool {
	return in.set&(1<<s) != 0 && in.vals[s].Type == Bool && in.vals[s].Int != 0
}

// StillRunning says whether the span was sent before it ended (X-Ray's in_progress, as its translators mark it).
func (in *Input) StillRunning() bool { return in.truth(InProgress) }

// HasEvidence says whether anything is known that could name a peer.
func (in *Input) HasEvidence() bool {
	if in.Kind == kindServer {
		_, name := caller(in)
		return name != ""
	}
	return in.set&peerMask != 0
}

// HasWeight says whether an adjusted-count attribute was set.
func (in *Input) HasWeight() bool { return in.set&(1<<AdjustedCount) != 0 }

// Result is the recogniser's answer. Type and Name are empty where the span talks to nothing that can be named.
type Result struct {
	Class Class
	Type  string
	Name  string
}

// Recognise judges one span, with the operator's word on hosts if there is any. Its strings may alias the input's.
func Recognise(in *Input, of ...Host) Result {
	r := Result{Class: Classify(in)}
	if HasPeer(in.Kind) {
		r.Type, r.Name = newHosts(of).recognise(in)
	}
	return r
}

// HasPeer says whether spans of this kind have a peer at all: CLIENT, PRODUCER and CONSUMER whom they talk to, SERVER the test that
// called it.
func HasPeer(kind int32) bool { return kind >= kindServer && kind <= kindConsumer }

// recognise lets the operator's word lie over what the span tells; what an entry leaves open stays as it is.
func (all hosts) recognise(in *Input) (typ, name string) {
	if in.Kind == kindServer {
		return caller(in)
	}
	typ, name = recognise(in)
	if h := all.of(in); h != nil && name != "" {
		typ, name = orElse(h.Type, typ), orElse(h.Name, name)
	}
	return typ, name
}

// recognise asks for the kinds of evidence in the order of their worth: an explicit name, an AWS resource, a model, a database, a
// destination of messages, a name given by the user, a host.
func recognise(in *Input) (typ, name string) {
	if in.set&peerMask == 0 {
		return "", ""
	}
	for _, ask := range [...]func(*Input) (string, string){explicit, awsCall, model, database, messaging, lookup} {
		if typ, name = ask(in); name != "" {
			return typ, name
		}
	}
	if in.Kind == kindConsumer {
		return "", "" // a consumer's host is its broker: without a destination there is no node to name
	}
	return remote(in)
}

// explicit takes what the instrumentation already decided.
func explicit(in *Input) (typ, name string) {
	if typ, id := in.str(RemoteResourceType), in.str(RemoteResourceID); typ != "" && id != "" {
		return typ, id
	}
	switch service := in.str(RemoteService); {
	case service == "" || service == "UnknownRemoteService":
		return "", ""
	case len(service) > 5 && service[:5] == "AWS::":
		return service, service[5:]
	default:
		return remoteType, service
	}
}

// remoteType is that of a callee of which nothing but a name is known.
const remoteType = "remote"
