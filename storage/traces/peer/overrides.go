package peer

import (
	"fmt"
	"slices"
	"strings"
)

// Host says what stands behind host names that tell nothing: the operator's word, for systems off AWS.
type Host struct {
	Match string `json:"match" yaml:"match"` // host or host:port, with * for any part
	Type  string `json:"type,omitempty" yaml:"type"`
	Name  string `json:"name,omitempty" yaml:"name"`
}

// Problem is what is wrong with the entry, "" if nothing is.
func (h Host) Problem() string {
	switch {
	case h.Match == "":
		return "match is empty; it is a host name like *.internal.example, or host:port"
	case strings.ContainsAny(h.Match, "/ \t@"):
		return fmt.Sprintf("match %q is not a host name, or host:port; * stands for any part of it", h.Match)
	case h.Type == "" && h.Name == "":
		return "says neither a type nor a name"
	case len(h.Match) > maxName || len(h.Name) > maxName:
		return fmt.Sprintf("is longer than %d bytes", maxName)
	case h.Type != "" && typeNamed(h.Type) == "":
		return fmt.Sprintf("%q is no type; docs/map.md has them, like postgresql, kafka or AWS::RDS::DBInstance", h.Type)
	}
	return ""
}

// typeNamed is a type in its own spelling, "" if there is none like that: a type of the map as it is, a database, broker or provider of
// models as the semantic conventions call it, or service, for a host that a service of ours is behind.
func typeNamed(s string) string {
	lower := strings.ToLower(s)
	switch lower {
	case "service", "remote":
		return remoteType
	}
	if typ := ownType(s); typ != "" {
		return typ
	}
	if kind, ok := databases[lower]; ok {
		return kind.typ
	}
	if kind, ok := brokers[lower]; ok {
		return kind.typ
	}
	return providers[lower]
}

// ownType accepts any type in the spelling that the map has, VENDOR::SYSTEM and further parts, whatever is in it: people have systems
// that no table does.
func ownType(s string) string {
	for _, typ := range Types() {
		if strings.EqualFold(typ, s) {
			return typ
		}
	}
	parts := strings.Split(s, "::")
	if len(parts) < 2 || slices.Contains(parts, "") || strings.ContainsAny(s, " \t/") || len(s) > maxName {
		return ""
	}
	return s
}

// hosts are the operator's words, ready to be asked.
type hosts []Host

func newHosts(all []Host) hosts {
	out := make(hosts, len(all))
	for i, h := range all {
		out[i] = Host{Match: strings.ToLower(h.Match), Type: typeNamed(h.Type), Name: h.Name}
	}
	return out
}

// of is the first entry that the callee's host fits; nil if there is none, or if the span itself names something finer than a host.
func (all hosts) of(in *Input) *Host {
	if len(all) == 0 || in.has(awsMask|1<<RemoteResourceID) || in.has(1<<MsgDestination|1<<MsgTemplate) && !in.has(1<<DBSystem) {
		return nil
	}
	e := endpointOf(in)
	if e.host == "" {
		return nil
	}
	for i := range all {
		h := &all[i]
		if matches(h.Match, e.host) || e.port != "" && matches(h.Match, e.host+":"+e.port) {
			return h
		}
	}
	return nil
}

// matches says whether the text is of the pattern, in which * is any text.
func matches(pattern, text string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, head)
	if !ok {
		return false
	}
	for {
		part, more, wild := strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text, rest = text[i+len(part):], more
	}
}
