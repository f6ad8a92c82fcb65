package encode

// scope is an instrumentation scope of the batch.
type scope struct {
	id      [16]byte  // XXH3-128 of its message and schema URL
	texts   [3]uint32 // name, version, schema URL, in the batch's dictionary of scopes
	keys    []uint32
	values  []byte // as a String column has them
	dropped uint32
}

// scope is the index, in this batch, of a scope message and its schema URL.
func (e *Encoder) scope(message, url []byte) (uint32, error) {
	key := resourceID(message, url)
	if i, ok := e.scopeByID[key]; ok {
		return i, nil
	}
	l := &e.topList
	e.Begin(l)
	s := scope{id: key}
	var name, version []byte
	f := FieldsOf(message, 0, len(message))
	for f.Next() {
		switch {
		case f.Is(1):
			name = f.Data()
		case f.Is(2):
			version = f.Data()
		case f.Is(3):
			if err := e.KeyValue(message, f.Lo, f.Hi, l); err != nil {
				return 0, err
			}
		case f.Num == 4 && f.Typ == WireVarint:
			s.dropped = uint32(f.Val)
		}
	}
	if f.Err != nil {
		return 0, f.Err
	}
	s.dropped = Sum(s.dropped, l.Dropped)
	s.texts = [3]uint32{
		e.TextID(e.ScopeTexts, name, MaxName, l, "scope.name"),
		e.TextID(e.ScopeTexts, version, MaxName, l, "scope.version"),
		e.TextID(e.ScopeTexts, url, MaxName, l, "scope.schema_url"),
	}
	var m StringMap
	if err := e.AddList(&m, message, l); err != nil {
		return 0, err
	}
	for i := range m.Len() {
		s.keys = append(s.keys, m.keys.At(i))
	}
	s.values = m.values.Bytes()
	i := uint32(len(e.scopes))
	e.scopes = append(e.scopes, s)
	e.scopeByID[key] = i
	return i, nil
}
