package encode

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode/redact"
)

// Reasons are what was changed, dropped or found odd in an item; the item keeps their names in an attribute.
type Reasons uint32

const (
	BadUTF8 Reasons = 1 << iota
	AttrTruncated
	LimitAttrs
	LimitEvents
	LimitLinks
	DupKey
	TsMissing
	TsRange
	TsFuture
	NegativeDuration
	UnknownEnum
	SelfParent
	BodyTruncated
	StartTime  // later than the point
	numReasons = iota
)

// reasonNames are the names in reports, metrics and attributes.
var reasonNames = [numReasons]string{
	"utf8", "attr_truncated", "limit_attrs", "limit_events", "limit_links", "dup_key", "ts_missing", "ts_range", "ts_future",
	"negative_duration", "enum", "self_parent", "body_truncated",
	"start_time",
}

// Attributes that the writer adds.
const (
	sanitizedKey    = "sightline.sanitized"  // list of reasons
	rawPrefix       = "sightline.raw."       // + key: the bytes, or the number, as sent
	truncatedPrefix = "sightline.truncated." // + key: how many bytes were sent
)

// clean says whether a text that Scan flagged may be stored as it is, as far as its bytes go.
func (e *Encoder) clean(v []byte, f redact.Flags) bool {
	if f&redact.Suspect != 0 && e.Policy.Redact && e.scrubber.Dirty(v) {
		return false
	}
	return f&redact.NonASCII == 0 || utf8.Valid(v)
}

// scrub makes a text storable: secrets masked, runs of invalid UTF-8 replaced by U+FFFD, cut to limit bytes at a rune's start.
// What was changed is noted under the name of the key or field; a secret's bytes are not. The result is valid until the next
// call.
func (e *Encoder) scrub(v []byte, limit int, l *List, name string) []byte {
	sent, secret := v, false
	if e.Policy.Redact {
		var n int
		if e.text, n = redact.Text(e.text[:0], v); n > 0 {
			e.Delta.Redacted += n
			v, secret = e.text, true
		}
	}
	if !utf8.Valid(v) {
		l.Reasons |= BadUTF8
		v = bytes.ToValidUTF8(v, []byte("\uFFFD"))
		if !secret {
			l.notes = append(l.notes, note{key: rawPrefix + e.noteName(name, v), typ: AnyBytes, text: bytes.Clone(sent[:min(len(sent), maxRaw)])})
		}
	}
	if len(v) > limit {
		l.Reasons |= AttrTruncated
		l.notes = append(l.notes, note{key: truncatedPrefix + e.noteName(name, v), typ: AnyInt, num: int64(len(sent))})
		v = cut(v, limit)
	}
	return v
}

// noteName completes the name of a note about a key itself with the key, as far as it can be stored.
func (e *Encoder) noteName(name string, v []byte) string {
	if name != "key." {
		return name
	}
	return name + string(cut(v, 64))
}

// cut is the text's first bytes, at most n, up to a rune's start.
func cut(v []byte, n int) []byte {
	if len(v) <= n {
		return v
	}
	for n > 0 && !utf8.RuneStart(v[n]) {
		n--
	}
	return v[:n]
}

// TextID is a text's index in a dictionary. Only what is new is looked at.
func (e *Encoder) TextID(d *native.Dict, v []byte, limit int, l *List, name string) uint32 {
	i, h := d.Find(v)
	if i >= 0 {
		return uint32(i)
	}
	if f := redact.Scan(v); (f == 0 || e.clean(v, f)) && len(v) <= limit {
		return d.Add(v, h)
	}
	return d.ID(e.scrub(v, limit, l, name))
}

// Plain is a text for a column of strings.
func (e *Encoder) Plain(v []byte, limit int, l *List, name string) []byte {
	if f := redact.Scan(v); (f == 0 || e.clean(v, f)) && len(v) <= limit {
		return v
	}
	return e.scrub(v, limit, l, name)
}

// RawNumber notes a number that was replaced.
func (l *List) RawNumber(name string, v uint64) {
	l.notes = append(l.notes, note{key: rawPrefix + name, typ: AnyString, text: strconv.AppendUint(nil, v, 10)})
}
