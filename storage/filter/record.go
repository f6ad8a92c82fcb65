package filter

import (
	"slices"
	"strings"
)

// recordFields are the intrinsics of log records. The attributes of a record itself have the scope Span.
var recordFields = []Field{
	{Name: Severity, Type: TypeEnum, Values: []string{"unset", "trace", "debug", "info", "warn", "error", "fatal"}, Help: "how bad it is: severity >= warn", total: true, ranked: true},
	{Name: Service, Help: "name of the service", total: true},
	{Name: Body, Help: "the message: body = *timeout*"},
	{Name: Word, Type: TypeWords, Help: "whole words of the message, in any order; the quickest way to what is rare", total: true},
	{Name: TraceID, Type: TypeID, Help: "32 hex digits, or X-Ray's spelling"},
	{Name: SpanID, Type: TypeID, Help: "16 hex digits"},
	{Name: Env, Help: "deployment environment"},
	{Name: Namespace, Help: "namespace of the service"},
	{Name: Version, Help: "version of the service"},
	{Name: EventName, Help: "name of the event that the record is"},
	{Name: SeverityText, Help: "severity as the source spells it"},
	{Name: ScopeName, Help: "name of the logger"},
	{Name: ScopeVersion, Help: "version of the logger"},
}

var recordAliases = map[string]string{
	"level":                       Severity,
	"severity_text":               SeverityText,
	"event_name":                  EventName,
	"environment":                 Env,
	"service.name":                Service,
	"service.namespace":           Namespace,
	"service.version":             Version,
	"deployment.environment":      Env,
	"deployment.environment.name": Env,
}

var records = &dictionary{item: "record", fields: recordFields, aliases: recordAliases, without: []Scope{Event, Link}}

// ParseRecord is Parse for log records: the same language, other fields.
func ParseRecord(text string) (Expr, error) { return parse(text, records) }

// RecordFields are the intrinsics of log records, the most used first.
func RecordFields() []Field { return slices.Clone(recordFields) }

// RecordFieldOf finds an intrinsic of log records by its name or an alias.
func RecordFieldOf(name string) (Field, bool) { return records.field(name) }

// Words are the words of a text in lower case: letters and digits of ASCII, and whatever is not ASCII.
func Words(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !wordByte(r) })
	for i, w := range words {
		words[i] = lower(w)
	}
	return words
}

func wordByte(r rune) bool {
	return r >= 0x80 || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// lower lowers ASCII letters alone, as the stores' indexes do.
func lower(w string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, w)
}

// InnerWords are the words that every text must have, whole, in which the pattern occurs: those with a separator on both sides.
func (p Pattern) InnerWords() (words []string) {
	for _, part := range p.Parts() {
		first := strings.IndexFunc(part, func(r rune) bool { return !wordByte(r) })
		last := strings.LastIndexFunc(part, func(r rune) bool { return !wordByte(r) })
		if first < last {
			words = append(words, Words(part[first:last])...)
		}
	}
	return words
}
