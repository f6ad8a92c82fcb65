package encode

import (
	"unicode/utf8"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode/redact"
	"github.com/sightline/sightline/storage/traces/peer"
)

// KeyTable is the attribute keys of a batch: the dictionary that all of its maps share, and what the writer needs to know of a
// key, looked up once per key and batch.
type KeyTable struct {
	Dict   *native.Dict
	Info   []KeyInfo // by index in Dict
	lifted map[string]uint8
}

// KeyInfo is what is known of an attribute key.
type KeyInfo struct {
	list   uint32    // the attribute list in which the key was last seen
	at     uint16    // its place in the list
	Slot   peer.Slot // evidence for the recogniser of spans
	Lift   uint8     // column of its own; 0: none
	Secret bool      // redact its values
}

func newKeyTable(lifted map[string]uint8) KeyTable {
	return KeyTable{Dict: native.NewDict(), Info: make([]KeyInfo, 1), lifted: lifted}
}

func (k *KeyTable) reset() {
	k.Dict.Reset()
	if cap(k.Info) > 1<<16 {
		k.Info = nil
	}
	k.Info = append(k.Info[:0], KeyInfo{})
}

// limits of one span, reliability notes, section 5. Past them a value is cut and a list is cut short, and the span says so.
const (
	MaxAttrs  = 256
	MaxEvents = 1024
	MaxLinks  = 256

	MaxValue = 32 << 10 // bytes
	MaxKey   = 256
	MaxName  = 1 << 10
	MaxBody  = 256 << 10 // of a log record
	maxRaw   = 768       // of bytes that were no UTF-8: 1 KiB in base64
)

// predictions is how many places of keys are remembered.
const predictions = 1 << 11

// key is the index of an attribute's key. A key that can't be stored as it is gets another. Spans of one kind have their keys in one
// order: which came last time after the key before, in a list of the same context, is tried first.
func (e *Encoder) key(raw []byte, l *List) uint32 {
	guess := &e.predicted[(l.prev*0x9E37+l.Context)%predictions]
	id := *guess
	if int(id) >= e.Keys.Dict.Len() || string(e.Keys.Dict.Key(id)) != string(raw) {
		id = e.findKey(raw, l)
		*guess = id
	}
	l.prev = id
	return id
}

func (e *Encoder) findKey(raw []byte, l *List) uint32 {
	i, h := e.Keys.Dict.Find(raw)
	if i >= 0 {
		return uint32(i)
	}
	return e.newKey(raw, h, l)
}

func (e *Encoder) newKey(raw []byte, hash uint64, l *List) uint32 {
	f := redact.Scan(raw)
	long := len(raw) > MaxKey
	invalid := f&redact.NonASCII != 0 && !utf8.Valid(raw)
	secret := f&redact.Suspect != 0 && e.Policy.Redact && e.scrubber.Dirty(raw)
	if long || invalid || secret {
		clean := string(e.scrub(raw, MaxKey, l, "key."))
		return e.findKey([]byte(clean), l)
	}
	i := e.Keys.Dict.Add(raw, hash)
	e.Keys.Info = append(e.Keys.Info, KeyInfo{
		Slot:   peer.SlotOf(raw),
		Lift:   e.Keys.lifted[string(raw)],
		Secret: e.Policy.Redact && redact.Key(raw),
	})
	return i
}

// Attr is one decoded attribute: where its value lies.
type Attr struct {
	Num    uint64 // integer, bits of a double, bool
	Lo, Hi uint32 // string, bytes, array, map: in the message that it was decoded from
	Key    uint32 // in Encoder.Keys
	Typ    uint8  // number of the AnyValue's field that is set; 0: none
}

// Fields of AnyValue.
const (
	AnyEmpty  = 0
	AnyString = 1
	AnyBool   = 2
	AnyInt    = 3
	AnyDouble = 4
	AnyArray  = 5
	AnyMap    = 6
	AnyBytes  = 7
	AnyIndex  = 8 // into a dictionary that only profiles have: no value here
)

// List is one list of attributes: of a span, an event, a link, a scope or a resource. Duplicate keys are resolved when they
// are decoded: the last one wins.
type List struct {
	attrs   [MaxAttrs]Attr
	over    Attr // for attributes past the limit
	n       int
	prev    uint32 // key of the attribute before
	Context uint32 // what else its keys depend on: any number
	id      uint32 // for KeyInfo.list
	Dropped uint32 // past the limit
	Reasons Reasons
	notes   []note   // attributes that the writer adds to say what it has changed
	own     []uint32 // their keys
}

// note is an attribute of the writer's own.
type note struct {
	key  string
	typ  uint8 // AnyString, AnyInt or AnyBytes
	text []byte
	num  int64
}

// Begin begins a list.
func (e *Encoder) Begin(l *List) {
	e.lists++
	l.id, l.n, l.prev, l.Dropped, l.Reasons = e.lists, 0, 0, 0, 0
	l.notes, l.own = l.notes[:0], l.own[:0]
}

// place is where the list's attribute of this key goes: over an earlier one, or at the end. Past the limit it goes nowhere. What
// the attribute held before is still in it.
func (e *Encoder) place(l *List, key uint32) *Attr {
	info := &e.Keys.Info[key]
	if info.list != l.id {
		if l.n == MaxAttrs {
			l.Dropped++
			l.Reasons |= LimitAttrs
			return &l.over
		}
		info.list, info.at = l.id, uint16(l.n)
		l.n++
	} else {
		l.Reasons |= DupKey
	}
	a := &l.attrs[info.at]
	a.Key = key
	return a
}

// Attrs are the list's attributes.
func (l *List) Attrs() []Attr { return l.attrs[:l.n] }
