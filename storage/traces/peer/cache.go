package peer

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// Entry is a remembered answer. Memo is the caller's to use, to keep what it derived from Type and Name beside them.
type Entry struct {
	Type, Name string
	Memo       [2]uint32
	MemoOf     uint64 // the caller's stamp of Memo; 0 at first
}

// maxEntries bounds the cache: past it, it starts anew. A hostile sender costs time, not memory.
const maxEntries = 1 << 13

// Cache remembers peers by the evidence that decides them. It is not safe for concurrent use; the zero value is ready.
type Cache struct {
	byEvidence map[uint64]*Entry
	said       []Host
	hosts      hosts
}

// SetHosts lets the operator's word on hosts decide from now on.
func (c *Cache) SetHosts(of []Host) {
	if !slices.Equal(c.said, of) {
		c.said, c.hosts, c.byEvidence = of, newHosts(of), nil
	}
}

// Peer is recognise's answer for a span of a kind that HasPeer, remembered. The entry is the cache's and stays valid.
func (c *Cache) Peer(in *Input) *Entry {
	key := evidence(in)
	if e, ok := c.byEvidence[key]; ok {
		return e
	}
	if c.byEvidence == nil || len(c.byEvidence) >= maxEntries {
		c.byEvidence = make(map[uint64]*Entry)
	}
	typ, name := c.hosts.recognise(in)
	e := &Entry{Type: clip(typ), Name: clip(name)}
	c.byEvidence[key] = e
	return e
}

// maxName bounds a node's type and name, in bytes.
const maxName = 1 << 10

// clip cuts at a rune's start and makes the string the cache's own.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > maxName {
		end := maxName
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return strings.Clone(s)
}

// evidence hashes what recognise would look at: all of it, but no more than that of what differs from span to span (URLs,
// methods), or the cache would never hit. It errs on the side of more.
func evidence(in *Input) uint64 {
	if in.Kind == kindServer {
		_, name := caller(in) // what else a User-Agent says differs from browser to browser
		return xxh3.HashStringSeed(name, kindServer)
	}
	m := in.set & peerMask
	h := uint64(uint32(in.Kind))*0x9E3779B97F4A7C15 ^ uint64(m)
	if m&(1<<RPCMethod) != 0 && m&(1<<RPCService) != 0 && in.str(RPCService) != "" {
		m &^= 1 << RPCMethod // the service is named: the method tells nothing more
	}
	if m&(1<<URLFull) != 0 {
		m &^= 1 << URLFull
		h = mix(h, urlEvidence(in, m))
	}
	if m&socketMask != 0 && hasHost(in) {
		m &^= socketMask // the socket's address counts where no host is named
	}
	for ; m != 0; m &= m - 1 {
		s := bits.TrailingZeros64(uint64(m))
		switch v := &in.vals[s]; v.Type {
		case String:
			h = xxh3.HashStringSeed(v.Str, h)
		case Int, Bool:
			h = mix(h, uint64(v.Int)+uint64(v.Type))
		}
	}
	return h
}

func hasHost(in *Input) bool {
	for m := in.set & hostMask; m != 0; m &= m - 1 {
		if in.str(Slot(bits.TrailingZeros64(uint64(m)))) != "" {
			return true
		}
	}
	host, _, _ := splitURL(in.str(URLFull))
	return host != ""
}

// urlEvidence hashes as much of a URL as counts: its authority, and the path if a cloud's host may be read with it.
func urlEvidence(in *Input, m mask) uint64 {
	url := in.str(URLFull)
	if m&hostMask != 0 && !awsLike(in) {
		return 1 // the host is named elsewhere
	}
	end := len(url)
	if i := strings.Index(url, "://"); i >= 0 {
		if j := strings.IndexAny(url[i+3:], "/?#"); j >= 0 {
			end = i + 3 + j
		}
		if m&hostMask != 0 || mayBeAWS(url[i:end]) {
			end = len(url)
			if j := strings.IndexAny(url, "?#"); j >= 0 {
				end = j
			}
		}
	}
	return xxh3.HashString(url[:end])
}

// awsLike says whether a host attribute may be a cloud's host name, which is read with a path.
func awsLike(in *Input) bool {
	for m := in.set & hostMask; m != 0; m &= m - 1 {
		host := in.str(Slot(bits.TrailingZeros64(uint64(m))))
		if host == "" || mayBeAWS(host) {
			return true
		}
	}
	return false
}

func mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^0xA0761D6478BD642F, v^0xE7037ED1A0B428DB)
	return hi ^ lo
}
