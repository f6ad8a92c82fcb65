package filter

import (
	"slices"
	"strings"
)

// The intrinsics: fields of an item that are not attributes. A store refuses those that its items do not have.
const (
	Service       = "service"
	ServiceType   = "service.type"
	Name          = "name"
	Kind          = "kind"
	Class         = "class"
	Status        = "status"
	StatusMessage = "status.message"
	DurationField = "duration"
	Env           = "env"
	Namespace     = "namespace"
	Version       = "version"
	Peer          = "peer"
	PeerType      = "peer.type"
	Root          = "root"
	TraceID       = "trace_id"
	SpanID        = "span_id"
	ScopeName     = "scope.name"
	ScopeVersion  = "scope.version"
	EventName     = "event.name"
	LinkTraceID   = "link.trace_id"
	Severity      = "severity" // of records, as are those below
	SeverityText  = "severity.text"
	Body          = "body"
	Word          = "word"
)

// Field describes an intrinsic.
type Field struct {
	Name   string
	Type   Type
	Values []string // of TypeEnum
	Help   string   // a few words for completion
	total  bool     // never empty, so that asking whether it exists is a mistake
	ranked bool     // of TypeEnum: the words are in an order
}

// fields is the dictionary of intrinsics, in the order in which completion offers them.
var fields = []Field{
	{Name: Service, Help: "name of the service", total: true},
	{Name: Name, Help: "operation, the span's name", total: true},
	{Name: DurationField, Type: TypeDuration, Help: "500ms, 1.5s, 2m", total: true},
	{Name: Class, Type: TypeEnum, Values: []string{"ok", "error", "throttle", "fault"}, Help: "how the request ended", total: true},
	{Name: Status, Type: TypeEnum, Values: []string{"unset", "ok", "error"}, Help: "status that the span set", total: true},
	{Name: Kind, Type: TypeEnum, Values: []string{"unspecified", "internal", "server", "client", "producer", "consumer"}, Help: "role of the span", total: true},
	{Name: Env, Help: "deployment environment"},
	{Name: Namespace, Help: "namespace of the service"},
	{Name: Version, Help: "version of the service"},
	{Name: Peer, Help: "what the span talks to"},
	{Name: PeerType, Help: "type of what the span talks to"},
	{Name: Root, Type: TypeBool, Help: "spans without a parent"},
	{Name: TraceID, Type: TypeID, Help: "32 hex digits, or X-Ray's spelling", total: true},
	{Name: SpanID, Type: TypeID, Help: "16 hex digits", total: true},
	{Name: StatusMessage, Help: "message of the status"},
	{Name: ServiceType, Help: "type of the service's node on the map"},
	{Name: ScopeName, Help: "name of the instrumentation"},
	{Name: ScopeVersion, Help: "version of the instrumentation"},
	{Name: EventName, Help: "name of any event"},
	{Name: LinkTraceID, Type: TypeID, Help: "trace that any link points to"},
}

// aliases are other spellings of intrinsics: OpenTelemetry's own keys of what is kept in a field of its own.
var aliases = map[string]string{
	"operation":                   Name,
	"status_message":              StatusMessage,
	"environment":                 Env,
	"service.name":                Service,
	"service.namespace":           Namespace,
	"service.version":             Version,
	"deployment.environment":      Env,
	"deployment.environment.name": Env,
}

// dictionary is the intrinsics of a kind of item, and other spellings of them.
type dictionary struct {
	item    string // what one is called
	fields  []Field
	aliases map[string]string
	without []Scope // that items do not have
}

var spans = &dictionary{item: "span", fields: fields, aliases: aliases}

// Fields are the intrinsics of spans, the most used first.
func Fields() []Field { return slices.Clone(fields) }

// FieldOf finds an intrinsic of spans by its name or an alias.
func FieldOf(name string) (Field, bool) { return spans.field(name) }

func (d *dictionary) field(name string) (Field, bool) {
	if target, ok := d.aliases[name]; ok {
		name = target
	}
	i := slices.IndexFunc(d.fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return d.fields[i], true
}

// attrOf reads a bare key.
func (d *dictionary) attrOf(word string) Attr {
	if field, ok := d.field(word); ok {
		return Attr{Intrinsic, field.Name}
	}
	for scope, prefix := range scopePrefixes {
		if rest, ok := strings.CutPrefix(word, prefix); ok && prefix != "" && rest != "" && !slices.Contains(d.without, Scope(scope)) {
			return Attr{Scope(scope), rest}
		}
	}
	return Attr{Span, word}
}
