package traces

// scope is an instrumentation scope of the batch.
type scope struct {
	texts   [3]uint32 // name, version, schema URL, in the batch's dictionary of scopes
	keys    []uint32
	values  []byte // as a String column has them
	dropped uint32
}

// scope is the index, in this batch, of a scope message and its schema URL.
func (b *Batch) scope(message, url []byte) (uint32, error) {
	key := resourceID(message, url)
	if i, ok := b.scopeByID[key]; ok {
		return i, nil
	}
	l := &b.topList
	b.begin(l)
	var s scope
	var name, version []byte
	f := fieldsOf(message, 0, len(message))
	for f.next() {
		switch {
		case f.bytes(1):
			name = f.data()
		case f.bytes(2):
			version = f.data()
		case f.bytes(3):
			if err := b.keyValue(message, f.lo, f.hi, l); err != nil {
				return 0, err
			}
		case f.num == 4 && f.typ == wireVarint:
			s.dropped = uint32(f.val)
		}
	}
	if f.err != nil {
		return 0, f.err
	}
	s.dropped = sum(s.dropped, l.dropped)
	s.texts = [3]uint32{
		b.textID(b.scopeTexts, name, maxName, l, "scope.name"),
		b.textID(b.scopeTexts, version, maxName, l, "scope.version"),
		b.textID(b.scopeTexts, url, maxName, l, "scope.schema_url"),
	}
	var m stringMap
	if err := b.encodeList(&m, message, l); err != nil {
		return 0, err
	}
	for i := range m.keys.Len() {
		s.keys = append(s.keys, m.keys.At(i))
	}
	s.values = m.values.Bytes()
	i := uint32(len(b.scopes))
	b.scopes = append(b.scopes, s)
	b.scopeByID[key] = i
	return i, nil
}
