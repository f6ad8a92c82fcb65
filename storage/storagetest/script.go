package storagetest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
)

// A script says traces as people draw them: one span a line, indentation is parenthood.
//
//	load
//	  resource api service.version="1.2" deployment.environment.name="prod"
//	  trace 1
//	    api    GET /users      0ms 120ms  server  http.request.method=GET http.response.status_code=200
//	      db     SELECT users  10ms 40ms  client  db.system.name="postgresql"
//	      cache  GET           55ms 5ms   error   :message="timed out"
//
// A span is: service, name (any words), start, duration; then, in any order, attributes (key=value), `error` or `ok` for its
// status, and its kind (internal, server, client, producer, consumer). Starts count from the trace's. Without a kind a root, and a
// child in another service than its parent, is a server; any other child is internal. Values are Go strings in quotes, integers,
// floats, true or false; anything else is a string as it stands. A trace is `trace ID [at OFFSET]`: ID is a number or 32 hex
// digits, the offset counts from the script's base. The n-th span of a trace, from 1, has the id n.
//
// Words that begin with a colon say what is no attribute: :id=HEX :parent=HEX (16 digits or a number) :link=TRACE/SPAN
// :event=NAME@OFFSET :message=TEXT :scope=NAME :tracestate=TEXT :state=in_progress. Lines that begin with # are comments. The
// script ends at the first line that is neither indented nor `load`; what follows is for others.
type scriptSpan struct {
	service, scope string
	depth          int
	span           *trace.Span
}

type scriptTrace struct {
	spans []scriptSpan
}

type script struct {
	resources map[string][]*common.KeyValue
	traces    []scriptTrace
}

var kinds = map[string]trace.Span_SpanKind{
	"internal": trace.Span_SPAN_KIND_INTERNAL, "server": trace.Span_SPAN_KIND_SERVER, "client": trace.Span_SPAN_KIND_CLIENT,
	"producer": trace.Span_SPAN_KIND_PRODUCER, "consumer": trace.Span_SPAN_KIND_CONSUMER,
}

// parseScript reads a script whose times count from base.
func parseScript(text string, base time.Time) (*script, error) {
	s := &script{resources: map[string][]*common.KeyValue{}}
	var traceID []byte
	var start time.Time
	loading := false
	for n, line := range strings.Split(text, "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		words, err := split(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
			continue
		case indent == 0 && words[0] == "load" && len(words) == 1:
			loading = true
			continue
		case indent == 0 && loading:
			return s, nil
		}
		switch words[0] {
		case "resource":
			err = s.resource(words[1:])
		case "trace":
			traceID, start, err = parseTrace(words[1:], base)
			s.traces = append(s.traces, scriptTrace{})
		default:
			if traceID == nil {
				return nil, fmt.Errorf("line %d: a span before any trace", n+1)
			}
			err = s.traces[len(s.traces)-1].add(words, indent, traceID, start)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return s, nil
}

func (s *script) resource(words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("a resource needs its service")
	}
	for _, w := range words[1:] {
		kv, ok := attribute(w)
		if !ok {
			return fmt.Errorf("%q is no attribute", w)
		}
		s.resources[words[0]] = append(s.resources[words[0]], kv)
	}
	return nil
}

func parseTrace(words []string, base time.Time) (id []byte, start time.Time, err error) {
	if len(words) != 1 && (len(words) != 3 || words[1] != "at") {
		return nil, start, fmt.Errorf("want: trace ID [at OFFSET]")
	}
	if id, err = parseID(words[0], 16); err != nil {
		return nil, start, err
	}
	if len(words) == 3 {
		offset, err := time.ParseDuration(words[2])
		if err != nil {
			return nil, start, err
		}
		base = base.Add(offset)
	}
	return id, base, nil
}

// parseID reads an id of n bytes in hex, or a decimal number.
func parseID(text string, n int) ([]byte, error) {
	if len(text) == 2*n {
		return hex.DecodeString(text)
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("id %q is neither %d hex digits nor a number", text, 2*n)
	}
	return binary.BigEndian.AppendUint64(make([]byte, n-8, n), number), nil
}

// add reads a span's line.
func (t *scriptTrace) add(words []string, indent int, traceID []byte, start time.Time) error {
	at := 1
	for ; at+1 < len(words); at++ {
		_, err := time.ParseDuration(words[at])
		_, err2 := time.ParseDuration(words[at+1])
		if err == nil && err2 == nil {
			break
		}
	}
	if at+1 >= len(words) || at < 2 {
		return fmt.Errorf("want: service, name, start, duration")
	}
	offset, _ := time.ParseDuration(words[at])
	duration, _ := time.ParseDuration(words[at+1])
	begin := start.Add(offset)
	s := scriptSpan{service: words[0], depth: indent, span: &trace.Span{
		TraceId: traceID, SpanId: binary.BigEndian.AppendUint64(nil, uint64(len(t.spans)+1)), Name: strings.Join(words[1:at], " "),
		StartTimeUnixNano: uint64(begin.UnixNano()), EndTimeUnixNano: uint64(begin.Add(duration).UnixNano()), Status: &trace.Status{},
	}}
	s.span.Kind = trace.Span_SPAN_KIND_SERVER
	if parent := t.parent(indent); parent != nil {
		s.span.ParentSpanId = parent.span.SpanId
		if parent.service == s.service {
			s.span.Kind = trace.Span_SPAN_KIND_INTERNAL
		}
	}
	for _, w := range words[at+2:] {
		if err := s.word(w, begin); err != nil {
			return err
		}
	}
	t.spans = append(t.spans, s)
	return nil
}

// parent is the last span that is indented less.
func (t *scriptTrace) parent(indent int) *scriptSpan {
	for i := len(t.spans) - 1; i >= 0; i-- {
		if t.spans[i].depth < indent {
			return &t.spans[i]
		}
	}
	return nil
}

// word reads what may follow a span's duration.
func (s *scriptSpan) word(w string, begin time.Time) (err error) {
	if kind, ok := kinds[w]; ok {
		s.span.Kind = kind
		return nil
	}
	switch w {
	case "error":
		s.span.Status.Code = trace.Status_STATUS_CODE_ERROR
		return nil
	case "ok":
		s.span.Status.Code = trace.Status_STATUS_CODE_OK
		return nil
	}
	if name, ok := strings.CutPrefix(w, ":"); ok {
		key, value, _ := strings.Cut(name, "=")
		if text, err := strconv.Unquote(value); err == nil {
			value = text
		}
		return s.special(key, value, begin)
	}
	kv, ok := attribute(w)
	if !ok {
		return fmt.Errorf("%q is no attribute", w)
	}
	s.span.Attributes = append(s.span.Attributes, kv)
	return nil
}

func (s *scriptSpan) special(key, value string, begin time.Time) (err error) {
	switch key {
	case "id":
		s.span.SpanId, err = parseID(value, 8)
	case "parent":
		s.span.ParentSpanId, err = parseID(value, 8)
	case "message":
		s.span.Status.Message = value
	case "scope":
		s.scope = value
	case "tracestate":
		s.span.TraceState = value
	case "state":
		s.span.EndTimeUnixNano = 0
	case "event":
		name, offset, _ := strings.Cut(value, "@")
		var d time.Duration
		if offset != "" {
			d, err = time.ParseDuration(offset)
		}
		s.span.Events = append(s.span.Events, &trace.Span_Event{Name: name, TimeUnixNano: uint64(begin.Add(d).UnixNano())})
	case "link":
		of, span, _ := strings.Cut(value, "/")
		link := &trace.Span_Link{}
		if link.TraceId, err = parseID(of, 16); err == nil {
			link.SpanId, err = parseID(span, 8)
		}
		s.span.Links = append(s.span.Links, link)
	default:
		err = fmt.Errorf("there is no word :%s", key)
	}
	return err
}

// attribute reads key=value.
func attribute(w string) (*common.KeyValue, bool) {
	key, text, ok := strings.Cut(w, "=")
	if !ok || key == "" {
		return nil, false
	}
	v := &common.AnyValue{}
	if unquoted, err := strconv.Unquote(text); err == nil {
		v.Value = &common.AnyValue_StringValue{StringValue: unquoted}
	} else if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		v.Value = &common.AnyValue_IntValue{IntValue: n}
	} else if f, err := strconv.ParseFloat(text, 64); err == nil {
		v.Value = &common.AnyValue_DoubleValue{DoubleValue: f}
	} else if text == "true" || text == "false" {
		v.Value = &common.AnyValue_BoolValue{BoolValue: text == "true"}
	} else {
		v.Value = &common.AnyValue_StringValue{StringValue: text}
	}
	return &common.KeyValue{Key: key, Value: v}, true
}

// split cuts a line into words at spaces outside of double quotes.
func split(line string) (words []string, err error) {
	rest := strings.TrimSpace(line)
	for rest != "" {
		end, quoted := len(rest), false
		for i := 0; i < len(rest); i++ {
			c := rest[i]
			if c == '\\' && quoted {
				i++
			} else if c == '"' {
				quoted = !quoted
			} else if c == ' ' && !quoted {
				end = i
				break
			}
		}
		if quoted && end == len(rest) {
			return nil, fmt.Errorf("a quote is not closed")
		}
		words = append(words, rest[:end])
		rest = strings.TrimLeft(rest[end:], " ")
	}
	return words, nil
}
