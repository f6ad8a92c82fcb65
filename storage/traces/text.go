package traces

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/traces/redact"
)

// reasons are what was changed, dropped or found odd in a span; the span keeps their names in an attribute.
type reasons uint32

const (
	badUTF8 reasons = 1 << iota
	attrTruncated
	limitAttrs
	limitEvents
	limitLinks
	dupKey
	tsMissing
	tsRange
	tsFuture
	negativeDuration
	unknownEnum
	selfParent
	numReasons = iota
)

// reasonNames are the names in reports, metrics and attributes.
var reasonNames = [numReasons]string{
	"utf8", "attr_truncated", "limit_attrs", "limit_events", "limit_links", "dup_key", "ts_missing", "ts_range", "ts_future",
	"negative_duration", "enum", "self_parent",
}

// Attributes that the writer adds.
const (
	sanitizedKey    = "sightline.sanitized"  // list of reasons
	rawPrefix       = "sightline.raw."       // + key: the bytes, or the number, as sent
	truncatedPrefix = "sightline.truncated." // + key: how many bytes were sent
)

// clean says whether a text that Scan flagged may be stored as it is, as far as its bytes go.
func (b *Batch) clean(v []byte, f redact.Flags) bool {
	if f&redact.Suspect != 0 && b.policy.Redact && b.scrubber.Dirty(v) {
		return false
	}
	return f&redact.NonASCII == 0 || utf8.Valid(v)
}

// scrub makes a text storable: secrets masked, runs of invalid UTF-8 replaced by U+FFFD, cut to limit bytes at a rune's start.
// What was changed is noted under the name of the key or field; a secret's bytes are not. The result is valid until the next
// call.
func (b *Batch) scrub(v []byte, limit int, l *attrList, name string) []byte {
	sent, secret := v, false
	if b.policy.Redact {
		var n int
		if b.text, n = redact.Text(b.text[:0], v); n > 0 {
			b.delta.Redacted += n
			v, secret = b.text, true
		}
	}
	if !utf8.Valid(v) {
		l.reasons |= badUTF8
		v = bytes.ToValidUTF8(v, []byte("\uFFFD"))
		if !secret {
			l.notes = append(l.notes, note{key: rawPrefix + b.noteName(name, v), typ: anyBytes, text: bytes.Clone(sent[:min(len(sent), maxRaw)])})
		}
	}
	if len(v) > limit {
		l.reasons |= attrTruncated
		l.notes = append(l.notes, note{key: truncatedPrefix + b.noteName(name, v), typ: anyInt, num: int64(len(sent))})
		v = cut(v, limit)
	}
	return v
}

// noteName completes the name of a note about a key itself with the key, as far as it can be stored.
func (b *Batch) noteName(name string, v []byte) string {
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

// text is a text's index in a dictionary. Only what is new is looked at.
func (b *Batch) textID(d *native.Dict, v []byte, limit int, l *attrList, name string) uint32 {
	i, h := d.Find(v)
	if i >= 0 {
		return uint32(i)
	}
	if f := redact.Scan(v); (f == 0 || b.clean(v, f)) && len(v) <= limit {
		return d.Add(v, h)
	}
	return d.ID(b.scrub(v, limit, l, name))
}

// plain is a text for a column of strings.
func (b *Batch) plain(v []byte, limit int, l *attrList, name string) []byte {
	if f := redact.Scan(v); (f == 0 || b.clean(v, f)) && len(v) <= limit {
		return v
	}
	return b.scrub(v, limit, l, name)
}

// rawNumber notes a number that was replaced.
func (l *attrList) rawNumber(name string, v uint64) {
	l.notes = append(l.notes, note{key: rawPrefix + name, typ: anyString, text: strconv.AppendUint(nil, v, 10)})
}
