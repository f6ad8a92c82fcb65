package traceql

// The intrinsics, by their first names.
const (
	fieldName            = "name"
	fieldKind            = "kind"
	fieldStatus          = "status"
	fieldStatusMessage   = "statusMessage"
	fieldDuration        = "duration"
	fieldSpanID          = "span:id"
	fieldParentID        = "span:parentID"
	fieldChildCount      = "span:childCount"
	fieldNestedLeft      = "nestedSetLeft"
	fieldNestedRight     = "nestedSetRight"
	fieldNestedParent    = "nestedSetParent"
	fieldRootName        = "rootName"
	fieldRootService     = "rootServiceName"
	fieldTraceDuration   = "traceDuration"
	fieldTraceID         = "trace:id"
	fieldEventName       = "event:name"
	fieldEventSinceStart = "event:timeSinceStart"
	fieldLinkTraceID     = "link:traceID"
	fieldLinkSpanID      = "link:spanID"
	fieldScopeName       = "instrumentation:name"
	fieldScopeVersion    = "instrumentation:version"

	// Tempo has no such fields: how a request ended and what a span talks to, as the service map says it.
	fieldClass    = "span:class"
	fieldPeer     = "span:peer"
	fieldPeerType = "span:peerType"
)

// intrinsic is a field of a span or of its trace.
type intrinsic struct {
	name   string
	kind   Type
	ofSpan bool // and so a parent has it too
	light  bool // a skeleton has it
}

var intrinsics = []intrinsic{
	{fieldName, TypeString, true, true},
	{fieldKind, TypeKind, true, true},
	{fieldStatus, TypeStatus, true, true},
	{fieldStatusMessage, TypeString, true, false},
	{fieldDuration, TypeDuration, true, true},
	{fieldSpanID, TypeString, true, true},
	{fieldParentID, TypeString, true, true},
	{fieldChildCount, TypeInt, true, true},
	{fieldNestedLeft, TypeInt, true, true},
	{fieldNestedRight, TypeInt, true, true},
	{fieldNestedParent, TypeInt, true, true},
	{fieldRootName, TypeString, false, true},
	{fieldRootService, TypeString, false, true},
	{fieldTraceDuration, TypeDuration, false, true},
	{fieldTraceID, TypeString, false, true},
	{fieldEventName, TypeString, true, false},
	{fieldEventSinceStart, TypeDuration, true, false},
	{fieldLinkTraceID, TypeString, true, false},
	{fieldLinkSpanID, TypeString, true, false},
	{fieldScopeName, TypeString, true, false},
	{fieldScopeVersion, TypeString, true, false},
	{fieldClass, TypeString, true, false},
	{fieldPeer, TypeString, true, false},
	{fieldPeerType, TypeString, true, false},
}

var otherNames = map[string]string{
	"span:name":          fieldName,
	"span:kind":          fieldKind,
	"span:status":        fieldStatus,
	"span:statusMessage": fieldStatusMessage,
	"span:duration":      fieldDuration,
	"childCount":         fieldChildCount,
	"parent":             fieldParentID,
	"trace:rootName":     fieldRootName,
	"trace:rootService":  fieldRootService,
	"trace:duration":     fieldTraceDuration,
}

var intrinsicsByName = func() map[string]intrinsic {
	all := map[string]intrinsic{}
	for _, f := range intrinsics {
		all[f.name] = f
	}
	for other, name := range otherNames {
		all[other] = all[name]
	}
	return all
}()

func intrinsicOf(name string) (intrinsic, bool) {
	f, ok := intrinsicsByName[name]
	return f, ok
}

func (a Attr) kind() Type {
	if a.Scope != Intrinsic {
		return TypeAny
	}
	return intrinsicsByName[a.Key].kind
}
