package traces

import (
	"unicode/utf8"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/traces/peer"
	"github.com/sightline/sightline/storage/traces/redact"
)

// keyTable is the attribute keys of a batch: the dictionary that all of its maps share, and what the writer needs to know of a
// key, looked up once per key and batch.
type keyTable struct {
	dict *native.Dict
	info []keyInfo
}

type keyInfo struct {
	list   uint32    // the attribute list in which the key was last seen
	at     uint16    // its place in the list
	slot   peer.Slot // evidence for the recogniser
	lift   uint8     // column of its own
	secret bool      // redact its values
}

func newKeyTable() keyTable { return keyTable{dict: native.NewDict(), info: make([]keyInfo, 1)} }

func (k *keyTable) reset() {
	k.dict.Reset()
	if cap(k.info) > 1<<16 {
		k.info = nil
	}
	k.info = append(k.info[:0], keyInfo{})
}

// limits of one span, reliability notes, section 5. Past them a value is cut and a list is cut short, and the span says so.
const (
	maxAttrs  = 256
	maxEvents = 1024
	maxLinks  = 256

	maxValue = 32 << 10 // bytes
	maxKey   = 256
	maxName  = 1 << 10
	maxRaw   = 768 // of bytes that were no UTF-8: 1 KiB in base64
)

// predictions is how many places of keys are remembered.
const predictions = 1 << 11

// key is the index of an attribute's key. A key that can't be stored as it is gets another. Spans of one kind have their keys in one
// order: which came last time after the key before, in a list of the same context, is tried first.
func (b *Batch) key(raw []byte, l *attrList) uint32 {
	guess := &b.predicted[(l.prev*0x9E37+l.context)%predictions]
	id := *guess
	if int(id) >= b.keys.dict.Len() || string(b.keys.dict.Key(id)) != string(raw) {
		id = b.findKey(raw, l)
		*guess = id
	}
	l.prev = id
	return id
}

func (b *Batch) findKey(raw []byte, l *attrList) uint32 {
	i, h := b.keys.dict.Find(raw)
	if i >= 0 {
		return uint32(i)
	}
	return b.newKey(raw, h, l)
}

func (b *Batch) newKey(raw []byte, hash uint64, l *attrList) uint32 {
	f := redact.Scan(raw)
	long := len(raw) > maxKey
	invalid := f&redact.NonASCII != 0 && !utf8.Valid(raw)
	secret := f&redact.Suspect != 0 && b.policy.Redact && b.scrubber.Dirty(raw)
	if long || invalid || secret {
		clean := string(b.scrub(raw, maxKey, l, "key."))
		return b.findKey([]byte(clean), l)
	}
	i := b.keys.dict.Add(raw, hash)
	b.keys.info = append(b.keys.info, keyInfo{
		slot:   peer.SlotOf(raw),
		lift:   liftedKeys[string(raw)],
		secret: b.policy.Redact && redact.Key(raw),
	})
	return i
}

// attr is one decoded attribute: where its value lies in the request.
type attr struct {
	num    uint64 // integer, bits of a double, bool
	lo, hi uint32 // string, bytes, array, map: in the request's body
	key    uint32
	typ    uint8 // number of the AnyValue's field that is set; 0: none
}

// Fields of AnyValue.
const (
	anyEmpty  = 0
	anyString = 1
	anyBool   = 2
	anyInt    = 3
	anyDouble = 4
	anyArray  = 5
	anyMap    = 6
	anyBytes  = 7
	anyIndex  = 8 // into a dictionary that only profiles have: no value here
)

// attrList is one list of attributes: of a span, an event, a link, a scope or a resource. Duplicate keys are resolved when they
// are decoded: the last one wins.
type attrList struct {
	attrs   [maxAttrs]attr
	over    attr // for attributes past the limit
	n       int
	prev    uint32 // key of the attribute before
	context uint32 // what else its keys depend on: any number
	id      uint32 // for keyInfo.list
	dropped uint32 // past the limit
	reasons reasons
	notes   []note   // attributes that the writer adds to say what it has changed
	own     []uint32 // their keys
}

// note is an attribute of the writer's own.
type note struct {
	key  string
	typ  uint8 // anyString, anyInt or anyBytes
	text []byte
	num  int64
}

// begin begins a list.
func (b *Batch) begin(l *attrList) {
	b.lists++
	l.id, l.n, l.prev, l.dropped, l.reasons = b.lists, 0, 0, 0, 0
	l.notes, l.own = l.notes[:0], l.own[:0]
}

// place is where the list's attribute of this key goes: over an earlier one, or at the end. Past the limit it goes nowhere. What
// the attribute held before is still in it.
func (b *Batch) place(l *attrList, key uint32) *attr {
	info := &b.keys.info[key]
	if info.list != l.id {
		if l.n == maxAttrs {
			l.dropped++
			l.reasons |= limitAttrs
			return &l.over
		}
		info.list, info.at = l.id, uint16(l.n)
		l.n++
	} else {
		l.reasons |= dupKey
	}
	a := &l.attrs[info.at]
	a.key = key
	return a
}
