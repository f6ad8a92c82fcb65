package traceapi

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sightline/sightline/storage/traces"
)

// maxFileValues bounds the attributes, events and links of a file: short ones take many times the memory of their text.
const maxFileValues = 8_000_000

// fileReader reads spans out of a file one after the other, so that no more than one of them is kept as text.
type fileReader struct {
	d         *json.Decoder
	out       []traces.Span
	values    int
	keys      map[string]string // those of attributes, which are few
	resources map[string]*traces.Resource
	found     recogniser
}

// spansOfFile reads a file of one or several JSON documents, each of OTLP or Jaeger's.
func spansOfFile(body io.Reader) ([]traces.Span, error) {
	b := bufio.NewReader(body)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3) // they are in the buffer
	}
	f := &fileReader{d: json.NewDecoder(b), keys: map[string]string{}, resources: map[string]*traces.Resource{}}
	for n := 1; ; n++ {
		// More is true at the end of a list as well: what comes there is no document.
		if !f.d.More() {
			if _, err := f.d.Token(); !errors.Is(err, io.EOF) {
				return nil, errors.New("a document ends that has not begun")
			}
			return f.out, nil
		}
		if err := f.object(f.document); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			if n > 1 {
				return nil, fmt.Errorf("document %d: %w", n, err)
			}
			return nil, err
		}
	}
}

// document is OTLP, also as Tempo's API wraps it, or Jaeger's.
func (f *fileReader) document(key string) error {
	switch key {
	case "resourceSpans", "batches":
		return f.list(f.resourceSpans)
	case "trace":
		return f.object(f.document)
	case "data":
		return f.list(f.jaegerTrace)
	}
	return f.skip()
}

func (f *fileReader) resourceSpans() error {
	var resource otlpResource
	var schema string
	first := len(f.out)
	err := f.object(func(key string) error {
		switch key {
		case "resource":
			return f.d.Decode(&resource)
		case "schemaUrl":
			return f.d.Decode(&schema)
		case "scopeSpans":
			return f.list(f.scopeSpans)
		}
		return f.skip()
	})
	if err != nil || len(f.out) == first {
		return err
	}
	r, err := f.resource(&traces.Resource{SchemaURL: schema, Attrs: f.attrsOfOTLP(resource.Attrs), DroppedAttrs: resource.Dropped})
	if err != nil {
		return err
	}
	f.found.begin(r)
	for i := first; i < len(f.out); i++ {
		f.found.finish(&f.out[i])
	}
	return nil
}

func (f *fileReader) scopeSpans() error {
	var scope otlpScope
	var schema string
	first := len(f.out)
	err := f.object(func(key string) error {
		switch key {
		case "scope":
			return f.d.Decode(&scope)
		case "schemaUrl":
			return f.d.Decode(&schema)
		case "spans":
			return f.list(f.otlpSpan)
		}
		return f.skip()
	})
	of := traces.Scope{Name: scope.Name, Version: scope.Version, SchemaURL: schema, Attrs: f.attrsOfOTLP(scope.Attrs), DroppedAttrs: scope.Dropped}
	for i := first; i < len(f.out); i++ {
		f.out[i].Scope = of
	}
	return err
}

func (f *fileReader) otlpSpan() error {
	var o otlpSpan
	if err := f.d.Decode(&o); err != nil {
		return err
	}
	s, err := f.spanOfOTLP(&o)
	if err != nil {
		return err
	}
	return f.add(s)
}

// jaegerTrace reads a trace, whose processes may come after its spans.
func (f *fileReader) jaegerTrace() error {
	var processes map[string]jaegerProcess
	var of []string // the processes of its spans
	first := len(f.out)
	err := f.object(func(key string) error {
		switch key {
		case "processes":
			return f.d.Decode(&processes)
		case "spans":
			return f.list(func() error {
				var j jaegerSpan
				if err := f.d.Decode(&j); err != nil {
					return err
				}
				s, err := f.spanOfJaeger(&j)
				if err != nil {
					return err
				}
				of = append(of, f.key(j.Process))
				return f.add(s)
			})
		}
		return f.skip()
	})
	if err != nil {
		return err
	}
	known := map[string]recogniser{}
	for i, name := range of {
		found, ok := known[name]
		if !ok {
			p := processes[name]
			r, err := f.resource(&traces.Resource{Attrs: append([]traces.Attr{{Key: "service.name", Text: p.Service}}, f.attrsOfJaeger(p.Tags)...)})
			if err != nil {
				return err
			}
			found.begin(r)
			known[name] = found
		}
		found.finish(&f.out[first+i])
	}
	return nil
}

func (f *fileReader) add(s traces.Span) error {
	f.values += len(s.Attrs) + len(s.Events) + len(s.Links)
	for i := range s.Events {
		f.values += len(s.Events[i].Attrs)
	}
	for i := range s.Links {
		f.values += len(s.Links[i].Attrs)
	}
	if f.values > maxFileValues {
		return fmt.Errorf("it has more than %d attributes, events and links", maxFileValues)
	}
	f.out = append(f.out, s)
	return nil
}

// resource is the one of the file with the same content, as one that is stored: a download names it again with each portion.
func (f *fileReader) resource(r *traces.Resource) (*traces.Resource, error) {
	content, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode resource: %w", err)
	}
	known := f.resources[string(content)]
	if known == nil {
		known = r
		numberResource(known, len(f.resources)+1)
		f.resources[string(content)] = known
	}
	return known, nil
}

// key is the same text with every span.
func (f *fileReader) key(text string) string {
	if known, ok := f.keys[text]; ok {
		return known
	}
	if len(f.keys) < 10_000 {
		f.keys[text] = text
	}
	return text
}

// object calls read for each key, which must take its value; null is an empty one.
func (f *fileReader) object(read func(key string) error) error {
	return f.each('{', "an object", func() error {
		t, err := f.d.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string) // the decoder takes no other
		return read(key)
	})
}

// list calls read for each element, which must take it; null is an empty one.
func (f *fileReader) list(read func() error) error { return f.each('[', "a list", read) }

func (f *fileReader) each(open json.Delim, what string, read func() error) error {
	t, err := f.d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != open {
		return fmt.Errorf("want %s at byte %d", what, f.d.InputOffset())
	}
	for f.d.More() {
		if err := read(); err != nil {
			return err
		}
	}
	_, err = f.d.Token()
	return err
}

func (f *fileReader) skip() error {
	var raw json.RawMessage
	return f.d.Decode(&raw)
}
