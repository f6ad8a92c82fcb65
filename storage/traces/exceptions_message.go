package traces

import (
	"strings"
	"unicode"
)

// maxPrint is how much of a message tells groups apart, in bytes.
const maxPrint = 512

// messagePattern is a message without what differs from one time to the next: numbers, ids, addresses, quoted texts. Two messages of
// one line of code have the same.
func messagePattern(message string) string {
	if len(message) > maxPrint {
		message = message[:maxPrint]
	}
	var out strings.Builder
	for len(message) > 0 {
		if n := quoted(message); n > 0 && !endsInWord(out.String()) {
			out.WriteString("<text>")
			message = message[n:]
			continue
		}
		n := strings.IndexFunc(message, func(r rune) bool { return !inToken(r) })
		if n < 0 {
			n = len(message)
		}
		if n == 0 { // a rune between tokens; spaces count once
			r := []rune(message)[0]
			n = len(string(r))
			if n > len(message) {
				n = 1
			}
			if unicode.IsSpace(r) {
				if s := out.String(); s != "" && !strings.HasSuffix(s, " ") {
					out.WriteByte(' ')
				}
			} else {
				out.WriteString(message[:n])
			}
			message = message[n:]
			continue
		}
		if strings.Contains(message[:n], "://") { // the rest of its query, too
			if n = strings.IndexAny(message, " \t\r\n\"'`)>],;"); n < 0 {
				n = len(message)
			}
		}
		out.WriteString(tokenPattern(message[:n]))
		message = message[n:]
	}
	return strings.TrimSpace(out.String())
}

func endsInWord(s string) bool { return s != "" && isAlnum(s[len(s)-1]) }

// quoted is the length of the quoted text that s begins with, or 0. An apostrophe opens one only if it closes before a word goes on.
func quoted(s string) int {
	q := s[0]
	if q != '\'' && q != '"' && q != '`' {
		return 0
	}
	for i := 1; i < len(s) && s[i] != '\n'; i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
		case s[i] == q && (q != '\'' || i+1 == len(s) || !isAlnum(s[i+1])):
			return i + 1
		}
	}
	return 0
}

func isAlnum(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// inToken says whether a rune goes on with a token: what ids, paths and addresses are made of.
func inToken(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.:/@%+~#?&$", r)
}

// tokenPattern is a word, or what stands for a variable one.
func tokenPattern(token string) string {
	bare := strings.TrimRight(token, ".:?")
	tail := token[len(bare):]
	if bare == "" {
		return token
	}
	switch {
	case strings.Contains(bare, "://"):
		return "<url>" + tail
	case strings.Count(bare, "@") == 1 && strings.Contains(bare[strings.IndexByte(bare, '@'):], ".") && bare[0] != '@':
		return "<email>" + tail
	case !strings.ContainsFunc(bare, unicode.IsDigit):
		return token
	}
	// Of a path or a pair each piece by itself: "/orders/42/items", "shard-7:lag=12".
	var out strings.Builder
	if isAddress(bare) {
		return "<addr>" + tail
	}
	if isUUID(bare) {
		return "<id>" + tail
	}
	for len(bare) > 0 {
		n := strings.IndexAny(bare, "/:@#?&+~$%")
		if n < 0 {
			n = len(bare)
		}
		if n > 0 {
			out.WriteString(piecePattern(bare[:n]))
			bare = bare[n:]
			continue
		}
		out.WriteByte(bare[0])
		bare = bare[1:]
	}
	return out.String() + tail
}

func piecePattern(p string) string {
	hex, digits, letters := 0, 0, 0
	for i := range len(p) {
		switch c := p[i]; {
		case isDigit(c):
			digits++
			hex++
		case isHex(c):
			hex++
			letters++
		default:
			if isAlnum(c) {
				letters++
			}
		}
	}
	switch {
	case digits == 0:
		return p
	case isUUID(p):
		return "<id>"
	case len(p) > 2 && p[0] == '0' && p[1]|0x20 == 'x':
		return "<hex>"
	case hex == len(p) && letters > 0 && len(p) >= 6:
		return "<hex>"
	case len(p) >= 16 && digits >= 4 && digits+letters >= len(p)-2:
		return "<id>" // base62 and the like
	}
	// Every number for itself: "30000ms" is the same as "15ms", and "v1.2.3" as "v1.10.0".
	var out strings.Builder
	for i := 0; i < len(p); {
		if !isDigit(p[i]) {
			out.WriteByte(p[i])
			i++
			continue
		}
		for i < len(p) && (isDigit(p[i]) || p[i] == '.' && i+1 < len(p) && isDigit(p[i+1])) {
			i++
		}
		s := strings.TrimSuffix(out.String(), "-") // a minus
		if s == "" {
			out.Reset()
		}
		out.WriteString("<n>")
	}
	return out.String()
}

// isUUID knows 8-4-4-4-12 digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !isHex(s[i]) {
			return false
		}
	}
	return true
}

// isAddress knows 10.0.0.1, 10.0.0.1:5432, host:5432 and /10.0.0.1:5432 as Java writes it; IPv6 with at least three colons.
func isAddress(s string) bool {
	s = strings.TrimPrefix(s, "/")
	if strings.Count(s, ":") >= 3 && !strings.ContainsFunc(s, func(r rune) bool { return r > 127 || !isHex(byte(r)) && r != ':' && r != '.' && r != '%' }) {
		return true
	}
	host, port, has := strings.Cut(s, ":")
	if has && (port == "" || len(port) > 5 || strings.ContainsFunc(port, func(r rune) bool { return r < '0' || r > '9' })) {
		return false
	}
	octets := strings.Split(host, ".")
	if len(octets) != 4 {
		return has && len(port) >= 2 && strings.ContainsFunc(host, unicode.IsLetter) && !strings.Contains(host, "/") && len(octets) > 1
	}
	for _, o := range octets {
		if o == "" || len(o) > 3 || strings.ContainsFunc(o, func(r rune) bool { return r < '0' || r > '9' }) {
			return has && len(port) >= 2
		}
	}
	return true
}
