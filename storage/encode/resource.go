package encode

import (
	"github.com/zeebo/xxh3"

	"github.com/sightline/sightline/storage/traces/peer"
)

// What a resource says about every span of it, in the order of the columns.
const (
	RunService = iota
	RunServiceType
	RunNamespace
	RunEnv
	RunVersion
	resourceTexts // how many of them come from the resource

	RunScopeName = iota - 1
	RunScopeVersion
	RunScopeURL
	RunProject
	runTexts
)

// unknownService stands for a service that does not give its name.
const unknownService = "unknown_service"

type resourceKey struct {
	project string
	id      [16]byte
}

// Resource is what the writer remembers of a resource, from batch to batch.
type Resource struct {
	key       resourceKey
	Retention uint16 // days that items of the signal are kept
	texts     [resourceTexts]string

	epoch   uint64                // of the batch that index and TextIDs belong to
	index   uint32                // in the batch's list
	TextIDs [resourceTexts]uint32 // in the batch's dictionary of services
	written int32                 // day on which a row was last stored, since 1970; 0: never
	writing int32                 // day of the row in this batch, not stored yet
}

// ID names the resource by its bytes.
func (r *Resource) ID() [16]byte { return r.key.id }

// maxKnown bounds how many resources are remembered between batches. Forgetting only writes them once more.
const maxKnown = 1 << 16

// resourceOf is the resource of a Resource message and its schema URL, in this batch's list. It gets a row when it is new, and once
// a day.
func (e *Encoder) resourceOf(message, url []byte) (*Resource, error) {
	key := resourceKey{e.Delta.Project, resourceID(message, url)}
	r := e.known[key]
	today := int32(e.ID.Cut().Unix()/86400) + 1 // 0 is never
	if r != nil && r.epoch == e.Epoch {
		return r, nil
	}
	if r == nil || r.written != today {
		var err error
		if r, err = e.newResource(r, key, message, url); err != nil {
			return nil, err
		}
		r.writing = today
	}
	r.epoch, r.index = e.Epoch, uint32(len(e.Resources))
	for i, text := range r.texts {
		r.TextIDs[i] = e.TextID(e.Services, []byte(text), MaxName, &e.OwnList, "")
	}
	e.Resources = append(e.Resources, r)
	if r.writing != 0 {
		e.resourceRows.finish(e, r)
	}
	return r, nil
}

// resourceID names a resource by its bytes: XXH3-128 of the message, seeded with the schema URL's hash where there is one.
func resourceID(message, url []byte) [16]byte {
	if len(url) == 0 {
		return xxh3.Hash128(message).Bytes()
	}
	return xxh3.Hash128Seed(message, xxh3.Hash(url)).Bytes()
}

// forget undoes the resources that a failed request brought.
func (e *Encoder) forget(known, rows int) {
	for _, r := range e.Resources[known:] {
		r.epoch, r.writing = 0, 0
	}
	e.Resources = e.Resources[:known]
	e.resourceRows.cut(rows)
}

// Done tells the batch that its blocks are stored: its resources need no row again today. Without it they are written once more
// with the next batch, which is harmless.
func (e *Encoder) Done() {
	for _, r := range e.Resources {
		if r.writing != 0 {
			r.written, r.writing = r.writing, 0
		}
	}
}

// newResource decodes a resource and begins its row. The row is not counted before it is finished.
func (e *Encoder) newResource(r *Resource, key resourceKey, message, url []byte) (*Resource, error) {
	l := &e.topList
	e.Begin(l)
	rows := e.resourceRows
	rows.cut(rows.rows) // what a resource that failed has left
	var dropped uint32
	e.entities = e.entities[:0]
	f := FieldsOf(message, 0, len(message))
	for at := 0; f.Next(); at = f.Pos {
		switch {
		case f.Is(1):
			if err := e.KeyValue(message, f.Lo, f.Hi, l); err != nil {
				return nil, err
			}
		case f.Num == 2 && f.Typ == WireVarint:
			dropped = uint32(f.Val)
		case f.Is(3):
			e.entities = append(e.entities, message[at:f.Pos]...)
		}
	}
	if f.Err != nil {
		return nil, f.Err
	}
	if r == nil {
		if len(e.known) >= e.knownLimit {
			e.forgetIdle()
		}
		r = &Resource{key: key}
		e.known[key] = r
	}
	e.describe(r, message, l)
	schemaURL := e.Plain(url, MaxName, l, "resource.schema_url")
	rows.schemaURL.Set(rows.rows, schemaURL)
	texts, ints, floats := rows.attrs.Len(), rows.ints.Len(), rows.floats.Len()
	for i := range l.Attrs() {
		a := &l.attrs[i]
		secret := e.Keys.Info[a.Key].Secret
		switch a.Typ {
		case AnyString:
			e.AddText(&rows.attrs, a, message[a.Lo:a.Hi], secret, l)
		case AnyInt:
			rows.ints.Add(a.Key, a.Num)
		case AnyDouble:
			rows.floats.Add(a.Key, a.Num)
		default:
			if err := e.AddOther(&rows.attrs, message, a, secret, l); err != nil {
				return nil, err
			}
		}
	}
	if l.Reasons != 0 {
		e.Annotate(&rows.attrs, &rows.ints, l)
	}
	rows.attrs.End(texts)
	rows.ints.End(rows.rows, ints)
	rows.floats.End(rows.rows, floats)
	rows.dropped.Set32(rows.rows, Sum(dropped, l.Dropped))
	rows.entityRefs.Set(rows.rows, e.entities)
	return r, nil
}

// forgetIdle makes room among the known resources. Those of this batch stay, so the limit grows with them.
func (e *Encoder) forgetIdle() {
	for key, r := range e.known {
		if r.epoch != e.Epoch {
			delete(e.known, key)
		}
	}
	e.knownLimit = max(maxKnown, 2*len(e.known))
}

// describe reads out of a resource's attributes what its spans carry.
func (e *Encoder) describe(r *Resource, message []byte, l *List) {
	get := func(key string) string {
		if l.Dropped > 0 { // it may be past the limit, and still the service's name
			return lastString(message, key)
		}
		i, _ := e.Keys.Dict.Find([]byte(key))
		if i < 0 || e.Keys.Info[i].list != l.id {
			return ""
		}
		a := &l.attrs[e.Keys.Info[i].at]
		if a.Typ != AnyString {
			return ""
		}
		return string(message[a.Lo:a.Hi])
	}
	first := func(keys ...string) string {
		for _, key := range keys {
			if v := get(key); v != "" {
				return v
			}
		}
		return ""
	}
	service := get("service.name")
	if service == "" {
		service = unknownService
	}
	r.texts = [resourceTexts]string{
		RunService:     service,
		RunServiceType: peer.ServiceType(get),
		RunNamespace:   first("service.namespace", "k8s.namespace.name"),
		RunEnv:         first("deployment.environment.name", "deployment.environment"),
		RunVersion:     get("service.version"),
	}
	r.Retention = e.keep(e.Policy).Of(service)
}

// lastString is the string under the key in a Resource message, "" if the last value there is none.
func lastString(message []byte, key string) string {
	value := ""
	f := FieldsOf(message, 0, len(message))
	for f.Next() {
		if !f.Is(1) {
			continue
		}
		var k []byte
		var a Attr
		kv := FieldsOf(message, f.Lo, f.Hi)
		for kv.Next() {
			switch {
			case kv.Is(1):
				k = kv.Data()
			case kv.Is(2):
				if AnyValue(message, kv.Lo, kv.Hi, &a) != nil {
					return value
				}
			}
		}
		if string(k) == key {
			value = ""
			if a.Typ == AnyString {
				value = string(message[a.Lo:a.Hi])
			}
		}
	}
	return value
}
