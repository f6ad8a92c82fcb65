package encode

// Source is what the items of a message come from.
type Source struct {
	Scope        uint32 // in this batch
	message, url []byte
	resource     *Resource
}

// Resource is the item's resource, in this batch's list. It is looked up only when an item needs it.
func (e *Encoder) Resource(s *Source) (*Resource, error) {
	if s.resource != nil {
		return s.resource, nil
	}
	var err error
	s.resource, err = e.resourceOf(s.message, s.url)
	return s.resource, err
}

// ResourceID is the id of the item's resource.
func (s *Source) ResourceID() [16]byte { return resourceID(s.message, s.url) }

// ScopeID names a scope of this batch by its bytes.
func (e *Encoder) ScopeID(scope uint32) [16]byte { return e.scopes[scope].id }

// oldScopes is the field that carried instrumentation libraries before there were scopes; it counts if there is no new one.
const oldScopes = 1000

// walk decodes the frame that requests of all signals have, with the same numbers: resources (1), their scopes (2) and items (2).
func (e *Encoder) walk(item func(from *Source, lo, hi int) error) error {
	f := FieldsOf(e.Body, 0, len(e.Body))
	for f.Next() {
		if f.Is(1) {
			if err := e.walkResource(f.Lo, f.Hi, item); err != nil {
				return err
			}
		}
	}
	return f.Err
}

// walkResource decodes what one resource sent. The resource may come after its items, so a first walk, over lengths only, finds it.
func (e *Encoder) walkResource(lo, hi int, item func(*Source, int, int) error) error {
	var resource, url Stretch
	scopes := int32(oldScopes)
	e.joined = e.joined[:0]
	f := FieldsOf(e.Body, lo, hi)
	for f.Next() {
		switch {
		case f.Is(1):
			e.join(&resource, f.Lo, f.Hi)
		case f.Is(2):
			scopes = 2
		case f.Is(3):
			url = Stretch{uint32(f.Lo), uint32(f.Hi)}
		}
	}
	if f.Err != nil {
		return f.Err
	}
	from := Source{message: e.In(resource), url: e.In(url)}
	if len(e.joined) > 0 {
		from.message = append([]byte(nil), e.joined...)
	}
	for f = FieldsOf(e.Body, lo, hi); f.Next(); {
		if f.Is(scopes) {
			if err := e.walkScope(&from, f.Lo, f.Hi, item); err != nil {
				return err
			}
		}
	}
	return nil
}

// walkScope decodes what one scope sent. Its schema URL, a part of its identity, comes after the items: a first walk finds it.
func (e *Encoder) walkScope(from *Source, lo, hi int, item func(*Source, int, int) error) error {
	var scope, url Stretch
	e.joined = e.joined[:0]
	f := FieldsOf(e.Body, lo, hi)
	for f.Next() {
		switch {
		case f.Is(1):
			e.join(&scope, f.Lo, f.Hi)
		case f.Is(3):
			url = Stretch{uint32(f.Lo), uint32(f.Hi)}
		}
	}
	if f.Err != nil {
		return f.Err
	}
	message := e.In(scope)
	if len(e.joined) > 0 {
		message = e.joined
	}
	var err error
	if from.Scope, err = e.scope(message, e.In(url)); err != nil {
		return err
	}
	for f = FieldsOf(e.Body, lo, hi); f.Next(); {
		if f.Is(2) {
			if err := item(from, f.Lo, f.Hi); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stretch is a message inside the request.
type Stretch struct{ Lo, Hi uint32 }

// Empty says that there is nothing.
func (s Stretch) Empty() bool { return s.Lo == s.Hi }

// In is the stretch's bytes.
func (e *Encoder) In(s Stretch) []byte { return e.Body[s.Lo:s.Hi] }

// join adds a piece to a message. Protobuf merges a message that comes in pieces as if these were one after the other.
func (e *Encoder) join(whole *Stretch, lo, hi int) {
	if whole.Lo != whole.Hi || len(e.joined) > 0 {
		if len(e.joined) == 0 {
			e.joined = append(e.joined, e.Body[whole.Lo:whole.Hi]...)
		}
		e.joined = append(e.joined, e.Body[lo:hi]...)
	}
	*whole = Stretch{uint32(lo), uint32(hi)}
}
