package traces_test

import (
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode/encodetest"
)

// row is a stored span, however it was read. Attributes are type and text, as in `int 5`; JSON is in one canonical form.
type row struct {
	Project                                       string
	Start                                         int64
	TraceID                                       string
	SpanID, ParentID                              uint64
	TraceState                                    string
	Flags                                         uint32
	Name                                          string
	Kind                                          int32
	Duration                                      uint64
	Status                                        int32
	Message                                       string
	State                                         uint8
	DroppedAttrs, DroppedEvents, DroppedLinks     uint32
	Service, ServiceType, Namespace, Env, Version string
	ScopeName, ScopeVersion, ScopeURL             string
	ScopeAttrs                                    map[string]string
	ScopeDropped                                  uint32
	Class                                         uint8
	PeerType, PeerName                            string
	Weight                                        float64
	Attrs                                         map[string]string
	Events                                        []event
	Links                                         []link
	Retention                                     uint16
}

type event struct {
	Time    int64
	Name    string
	Attrs   map[string]string
	Dropped uint32
}

type link struct {
	TraceID string
	SpanID  uint64
	State   string
	Flags   uint32
	Attrs   map[string]string
	Dropped uint32
}

// model says what is stored of pdata's view of a request, by the rules of encodetest.Model; it shares nothing with the decoder but
// the finders of secrets and the recogniser.
type model struct {
	project  string
	received time.Time
	policy   batch.Policy
}

// rules are those of texts and attributes.
func (m model) rules() encodetest.Model { return encodetest.Model{Redact: m.policy.Redact} }
