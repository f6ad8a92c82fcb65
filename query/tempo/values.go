package tempo

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/filter"
)

// Types of values, as Tempo names them.
const (
	typeString  = "string"
	typeKeyword = "keyword"
	typeInt     = "int"
	typeFloat   = "float"
	typeBool    = "bool"
)

const (
	defaultValues = 1000
	maxValues     = 5000
)

type (
	valueJSON struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	valuesV1JSON struct {
		TagValues []string `json:"tagValues"`
		Metrics   struct{} `json:"metrics"`
	}
	valuesV2JSON struct {
		TagValues []valueJSON `json:"tagValues"`
		Metrics   struct{}    `json:"metrics"`
	}
)

func typeOf(a filter.Attr, v filter.Value) string {
	if a.Scope == filter.Intrinsic {
		if field, ok := filter.FieldOf(a.Key); ok && field.Type == filter.TypeEnum {
			return typeKeyword
		}
	}
	switch v.Type {
	case filter.TypeInt:
		return typeInt
	case filter.TypeFloat:
		return typeFloat
	case filter.TypeBool:
		return typeBool
	}
	return typeString
}

// identifier is what TraceQL calls an attribute or a field.
type identifier struct {
	names    []string    // TraceQL's, the short one first
	attr     filter.Attr // ours
	words    []string    // all that the values can be, if they are keywords
	where    filter.Expr // the spans that have it
	valuable bool        // its values can be listed: no durations, ids or numbers of spans
	hidden   bool        // not among the names of tags: Grafana asks for it by itself
}

var root = filter.Compare{Attr: filter.Attr{Key: filter.Root}, Op: filter.Eq, Value: filter.BoolValue(true)}

// intrinsics are TraceQL's, in the order of the alphabet.
var intrinsics = []identifier{
	{names: []string{"duration", "span:duration"}},
	{names: []string{"event:name"}, attr: filter.Attr{Key: filter.EventName}, valuable: true},
	{names: []string{"event:timeSinceStart"}},
	{names: []string{"instrumentation:name"}, attr: filter.Attr{Key: filter.ScopeName}, valuable: true},
	{names: []string{"instrumentation:version"}, attr: filter.Attr{Key: filter.ScopeVersion}, valuable: true},
	{names: []string{"kind", "span:kind"}, words: []string{"client", "consumer", "internal", "producer", "server", "unspecified"}},
	{names: []string{"link:spanID"}},
	{names: []string{"link:traceID"}},
	{names: []string{"name", "span:name"}, attr: filter.Attr{Key: filter.Name}, valuable: true},
	{names: []string{"nestedSetLeft"}, hidden: true},
	{names: []string{"nestedSetParent"}, hidden: true},
	{names: []string{"nestedSetRight"}, hidden: true},
	{names: []string{"rootName", "trace:rootName"}, attr: filter.Attr{Key: filter.Name}, where: root, valuable: true},
	{names: []string{"rootServiceName", "trace:rootService"}, attr: filter.Attr{Key: filter.Service}, where: root, valuable: true},
	{names: []string{"span:childCount"}},
	{names: []string{"span:id"}},
	{names: []string{"span:parentID"}},
	{names: []string{"status", "span:status"}, words: []string{"error", "ok", "unset"}},
	{names: []string{"statusMessage", "span:statusMessage"}, attr: filter.Attr{Key: filter.StatusMessage}, valuable: true},
	{names: []string{"trace:id"}},
	{names: []string{"traceDuration", "trace:duration"}},
}

func intrinsicNames() []string {
	var names []string
	for _, i := range intrinsics {
		if !i.hidden {
			names = append(names, i.names...)
		}
	}
	slices.Sort(names)
	return names
}

// identify reads TraceQL's name of an attribute; one without a scope is of the span or its resource.
func identify(name string) (identifier, bool) {
	for _, i := range intrinsics {
		if slices.Contains(i.names, name) {
			return i, true
		}
	}
	for _, s := range scopes {
		if key, ok := strings.CutPrefix(name, s.name+"."); ok {
			return identifier{attr: filter.Attr{Scope: s.scope, Key: unquoted(key)}, valuable: true}, key != ""
		}
	}
	key, ok := strings.CutPrefix(name, ".")
	return identifier{attr: filter.Attr{Scope: filter.Any, Key: unquoted(key)}, valuable: true}, ok && key != ""
}

// unquoted is a key without the quotes that it has if there is a space or the like in it.
func unquoted(key string) string {
	if len(key) > 2 && key[0] == '"' && key[len(key)-1] == '"' {
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(key[1 : len(key)-1])
	}
	return key
}

func (h *handlers) valuesV1(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("tag")
	id, ok := identify(name)
	if !ok { // a bare key, such as service.name
		id = identifier{attr: filter.Attr{Scope: filter.Any, Key: name}, valuable: true}
	}
	values, err := h.values(r, id)
	if err != nil {
		return err
	}
	out := valuesV1JSON{TagValues: make([]string, len(values))}
	for i, v := range values {
		out.TagValues[i] = v.Value
	}
	slices.Sort(out.TagValues)
	out.TagValues = slices.Compact(out.TagValues)
	return api.WriteJSON(w, out)
}

func (h *handlers) valuesV2(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("tag")
	id, ok := identify(name)
	if !ok {
		return api.Errorf(api.BadParameter, "please provide a valid tagName: %q is not an attribute of TraceQL", name).
			WithHint("write span.%s, resource.%s or .%s", name, name, name)
	}
	values, err := h.values(r, id)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, valuesV2JSON{TagValues: values})
}

// values are those of an identifier that occur, the most frequent first.
func (h *handlers) values(r *http.Request, id identifier) ([]valueJSON, error) {
	p := h.params(r)
	in, limit := p.span(), p.positive("limit", defaultValues, maxValues)
	if p.err != nil {
		return nil, p.err
	}
	where := filter.AllOf(id.where, narrow(p.text("q")))
	values := []valueJSON{}
	for _, word := range id.words {
		values = append(values, valueJSON{typeKeyword, word})
	}
	if !id.valuable {
		return values, nil
	}
	attrs := []filter.Attr{id.attr}
	if id.attr.Scope == filter.Any { // counted apart, since a span may have it and its resource another
		attrs = []filter.Attr{{Scope: filter.Resource, Key: id.attr.Key}, {Scope: filter.Span, Key: id.attr.Key}}
	}
	for _, a := range attrs {
		found, err := h.counted(r, in, a, where, limit)
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	return values[:min(len(values), limit)], nil
}
