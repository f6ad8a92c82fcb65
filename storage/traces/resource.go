package traces

import (
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/traces/peer"
	"github.com/zeebo/xxh3"
)

// What a resource says about every span of it, in the order of the columns.
const (
	runService = iota
	runServiceType
	runNamespace
	runEnv
	runVersion
	resourceTexts // how many of them come from the resource

	runScopeName = iota - 1
	runScopeVersion
	runScopeURL
	runProject
	runTexts
)

// unknownService stands for a service that does not give its name.
const unknownService = "unknown_service"

type resourceKey struct {
	project string
	id      [16]byte
}

// resource is what the writer remembers of a resource, from batch to batch.
type resource struct {
	key       resourceKey
	texts     [resourceTexts]string
	retention uint16

	epoch   uint64                // of the batch that index and textIDs belong to
	index   uint32                // in the batch's list
	textIDs [resourceTexts]uint32 // in the batch's dictionary of services
	written int32                 // day on which a row was last stored, since 1970; 0: never
	writing int32                 // day of the row in this batch, not stored yet
}

// maxKnown bounds how many resources are remembered between batches. Forgetting only writes them once more.
const maxKnown = 1 << 16

// resource is the resource of a Resource message and its schema URL, in this batch's list. It gets a row when it is new, and once
// a day.
func (b *Batch) resource(message, url []byte) (*resource, error) {
	key := resourceKey{b.delta.Project, resourceID(message, url)}
	r := b.known[key]
	today := int32(b.id.Cut().Unix()/86400) + 1 // 0 is never
	if r != nil && r.epoch == b.epoch {
		return r, nil
	}
	if r == nil || r.written != today {
		var err error
		if r, err = b.newResource(r, key, message, url); err != nil {
			return nil, err
		}
		r.writing = today
	}
	r.epoch, r.index = b.epoch, uint32(len(b.resources))
	for i, text := range r.texts {
		r.textIDs[i] = b.textID(b.services, []byte(text), maxName, &b.ownList, "")
	}
	b.resources = append(b.resources, r)
	if r.writing != 0 {
		b.resourceRows.finish(b, r)
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
func (b *Batch) forget(known, rows int) {
	for _, r := range b.resources[known:] {
		r.epoch, r.writing = 0, 0
	}
	b.resources = b.resources[:known]
	b.resourceRows.cut(rows)
}

// Done tells the batch that its blocks are stored: its resources need no row again today. Without it they are written once more
// with the next batch, which is harmless.
func (b *Batch) Done() {
	for _, r := range b.resources {
		if r.writing != 0 {
			r.written, r.writing = r.writing, 0
		}
	}
}

// newResource decodes a resource and begins its row. The row is not counted before it is finished.
func (b *Batch) newResource(r *resource, key resourceKey, message, url []byte) (*resource, error) {
	l := &b.topList
	b.begin(l)
	rows := b.resourceRows
	rows.cut(rows.rows) // what a resource that failed has left
	var dropped uint32
	b.entities = b.entities[:0]
	f := fieldsOf(message, 0, len(message))
	for at := 0; f.next(); at = f.pos {
		switch {
		case f.bytes(1):
			if err := b.keyValue(message, f.lo, f.hi, l); err != nil {
				return nil, err
			}
		case f.num == 2 && f.typ == wireVarint:
			dropped = uint32(f.val)
		case f.bytes(3):
			b.entities = append(b.entities, message[at:f.pos]...)
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	if r == nil {
		if len(b.known) >= b.knownLimit {
			b.forgetIdle()
		}
		r = &resource{key: key}
		b.known[key] = r
	}
	b.describe(r, message, l)
	schemaURL := b.plain(url, maxName, l, "resource.schema_url")
	rows.schemaURL.Set(rows.rows, schemaURL)
	texts, ints, floats := rows.attrs.keys.Len(), rows.ints.keys.Len(), rows.floats.keys.Len()
	for i := range l.attrs[:l.n] {
		a := &l.attrs[i]
		secret := b.keys.info[a.key].secret
		switch a.typ {
		case anyString:
			b.addText(&rows.attrs, a, message[a.lo:a.hi], secret, l)
		case anyInt:
			rows.ints.add(a.key, a.num)
		case anyDouble:
			rows.floats.add(a.key, a.num)
		default:
			if err := b.addOther(&rows.attrs, message, a, secret, l); err != nil {
				return nil, err
			}
		}
	}
	if l.reasons != 0 {
		b.annotate(&rows.attrs, &rows.ints, l)
	}
	rows.attrs.end(texts)
	rows.ints.end(rows.rows, ints)
	rows.floats.end(rows.rows, floats)
	rows.dropped.Set32(rows.rows, sum(dropped, l.dropped))
	rows.entityRefs.Set(rows.rows, b.entities)
	return r, nil
}

// forgetIdle makes room among the known resources. Those of this batch stay, so the limit grows with them.
func (b *Batch) forgetIdle() {
	for key, r := range b.known {
		if r.epoch != b.epoch {
			delete(b.known, key)
		}
	}
	b.knownLimit = max(maxKnown, 2*len(b.known))
}

// describe reads out of a resource's attributes what its spans carry.
func (b *Batch) describe(r *resource, message []byte, l *attrList) {
	get := func(key string) string {
		if l.dropped > 0 { // it may be past the limit, and still the service's name
			return lastString(message, key)
		}
		i, _ := b.keys.dict.Find([]byte(key))
		if i < 0 || b.keys.info[i].list != l.id {
			return ""
		}
		a := &l.attrs[b.keys.info[i].at]
		if a.typ != anyString {
			return ""
		}
		return string(message[a.lo:a.hi])
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
		runService:     service,
		runServiceType: peer.ServiceType(get),
		runNamespace:   first("service.namespace", "k8s.namespace.name"),
		runEnv:         first("deployment.environment.name", "deployment.environment"),
		runVersion:     get("service.version"),
	}
	r.retention = b.policy.retention(service)
}

// lastString is the string under the key in a Resource message, "" if the last value there is none.
func lastString(message []byte, key string) string {
	value := ""
	f := fieldsOf(message, 0, len(message))
	for f.next() {
		if !f.bytes(1) {
			continue
		}
		var k []byte
		var a attr
		kv := fieldsOf(message, f.lo, f.hi)
		for kv.next() {
			switch {
			case kv.bytes(1):
				k = kv.data()
			case kv.bytes(2):
				if anyValue(message, kv.lo, kv.hi, &a) != nil {
					return value
				}
			}
		}
		if string(k) == key {
			value = ""
			if a.typ == anyString {
				value = string(message[a.lo:a.hi])
			}
		}
	}
	return value
}

// resourceRows are the batch's rows for the resources table.
type resourceRows struct {
	rows                             int
	project                          native.Index
	id, dropped, lastSeen, retention native.Fixed
	texts                            [resourceTexts]native.Index
	attrs                            stringMap
	ints, floats                     numberMap
	schemaURL, entityRefs            native.Strings
	block                            native.Block
}

func newResourceRows() *resourceRows {
	return &resourceRows{
		id: native.NewFixed(16), dropped: native.NewFixed(4), lastSeen: native.NewFixed(4), retention: native.NewFixed(2),
		ints: newNumberMap(), floats: newNumberMap(),
	}
}

func (r *resourceRows) reset() { r.cut(0) }

func (r *resourceRows) cut(rows int) {
	r.project.Cut(rows)
	for _, f := range []*native.Fixed{&r.id, &r.dropped, &r.lastSeen, &r.retention} {
		f.Cut(rows)
	}
	for i := range r.texts {
		r.texts[i].Cut(rows)
	}
	r.attrs.cut(rows)
	r.ints.cut(rows)
	r.floats.cut(rows)
	r.schemaURL.Cut(rows)
	r.entityRefs.Cut(rows)
	r.rows = rows
}

// finish completes the row that newResource began.
func (r *resourceRows) finish(b *Batch, of *resource) {
	r.project.Add(b.project)
	r.id.AddBytes(of.key.id[:])
	for i, id := range of.textIDs {
		r.texts[i].Add(id)
	}
	r.lastSeen.Add32(uint32(b.id.Cut().Unix()))
	r.retention.Add16(b.policy.longest())
	r.rows++
}
