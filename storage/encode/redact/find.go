package redact

import "bytes"

// Classes of bytes.
const (
	digit    = 1 << iota
	upper    // A-Z
	lower    // a-z
	urlSafe  // - _
	tokenish // . ~ + / =
	trigger  // may begin a secret, or stand before one
)

var class = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = digit | trigger
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c], t[c+'a'-'A'] = upper, lower
	}
	t['-'], t['_'] = urlSafe, urlSafe
	for _, c := range ".~+/=" {
		t[c] = tokenish
	}
	for _, c := range "eAaBbgxsrS-=:@" {
		t[c] |= trigger
	}
	return t
}()

const (
	alnum  = digit | upper | lower
	base64 = alnum | urlSafe
	opaque = base64 | tokenish
)

// find returns where the next secret begins and ends, looking from byte at on.
func find(v []byte, at int) (start, end int, found bool) {
	for i := at; i < len(v); i++ {
		c := v[i]
		if class[c]&trigger == 0 {
			continue
		}
		switch c {
		case '=', ':':
			start, end = parameter(v, at, i)
		case '@':
			start, end = userInfo(v, at, i)
		case '-':
			start, end = privateKey(v, i)
		default:
			if i > 0 && class[v[i-1]]&alnum != 0 {
				continue // inside a word
			}
			if class[c]&digit != 0 {
				start, end = card(v, i)
			} else {
				start, end = token(v, i)
			}
		}
		if end > start {
			return start, end, true
		}
	}
	return 0, 0, false
}

// run is where the bytes of the classes, from i on, end.
func run(v []byte, i int, classes uint8) int {
	for i < len(v) && class[v[i]]&classes != 0 {
		i++
	}
	return i
}

// tokens are secrets that say by their beginning what they are.
var tokens = [...]struct {
	prefix string
	class  uint8
	min    int // bytes after the prefix
	exact  bool
}{
	{"AKIA", upper | digit, 16, true},
	{"ASIA", upper | digit, 16, true},
	{"ABIA", upper | digit, 16, true},
	{"ACCA", upper | digit, 16, true},
	{"AIza", base64, 35, false},
	{"ghp_", alnum, 36, false},
	{"gho_", alnum, 36, false},
	{"ghu_", alnum, 36, false},
	{"ghs_", alnum, 36, false},
	{"ghr_", alnum, 36, false},
	{"github_pat_", alnum | urlSafe, 22, false},
	{"glpat-", base64, 20, false},
	{"xoxb-", base64, 10, false},
	{"xoxp-", base64, 10, false},
	{"xoxa-", base64, 10, false},
	{"xoxs-", base64, 10, false},
	{"xoxr-", base64, 10, false},
	{"sk_live_", alnum, 10, false},
	{"sk_test_", alnum, 10, false},
	{"rk_live_", alnum, 10, false},
	{"sk-proj-", base64, 20, false},
	{"sk-ant-", base64, 20, false},
	{"SG.", base64 | tokenish, 60, false},
}

// token recognises tokens by their prefix, JWTs, and credentials after Bearer and Basic.
func token(v []byte, i int) (start, end int) {
	switch v[i] {
	case 'e':
		return jwt(v, i)
	case 'B', 'b':
		return scheme(v, i)
	case 'a':
		return 0, 0
	}
	for j := range tokens {
		t := &tokens[j]
		if t.prefix[0] != v[i] || !bytes.HasPrefix(v[i:], []byte(t.prefix)) {
			continue
		}
		begin := i + len(t.prefix)
		end := run(v, begin, t.class)
		if end-begin < t.min || t.exact && (end-begin != t.min || end < len(v) && class[v[end]]&alnum != 0) {
			continue
		}
		return i, end
	}
	return 0, 0
}

// jwt recognises header.payload.signature (and encrypted ones of five parts): base64url of JSON objects begins with eyJ.
func jwt(v []byte, i int) (start, end int) {
	if !bytes.HasPrefix(v[i:], []byte("eyJ")) {
		return 0, 0
	}
	end = run(v, i, base64)
	if end-i < 10 {
		return 0, 0
	}
	parts := 1
	for parts < 5 && end < len(v) && v[end] == '.' {
		next := run(v, end+1, base64)
		if parts == 1 && next-end < 5 && !bytes.HasPrefix(v[next:], []byte(".")) {
			break
		}
		end = next
		parts++
	}
	if parts < 2 {
		return 0, 0
	}
	return i, end
}

// scheme recognises the credentials of "Bearer ..." and "Basic ...". Words do not look like credentials: these have a digit,
// a capital or the length.
func scheme(v []byte, i int) (start, end int) {
	for _, name := range [...]string{"bearer ", "basic "} {
		if len(v)-i <= len(name) || !bytes.EqualFold(v[i:i+len(name)], []byte(name)) {
			continue
		}
		start = i + len(name)
		end = run(v, start, opaque)
		if end-start < 6 {
			return 0, 0
		}
		for j := start; j < end; j++ {
			if class[v[j]]&(digit|upper) != 0 || v[j] == '=' {
				return start, end
			}
		}
		if end-start >= 24 {
			return start, end
		}
	}
	return 0, 0
}

// parameter recognises secret=value, secret: value and "secret":"value" around the '=' or ':' at i. The value ends where its
// quote does, or at the first separator.
func parameter(v []byte, at, i int) (start, end int) {
	e := i
	for e > at && (v[e-1] == ' ' || v[e-1] == '"' || v[e-1] == '\'' || v[e-1] == '\\') {
		e--
	}
	b := e
	for b > at && class[v[b-1]]&base64 != 0 {
		b--
	}
	if e-b < 3 || !param(v[b:e]) {
		return 0, 0
	}
	start = i + 1
	for start < len(v) && (v[start] == ' ' || v[start] == '\\') {
		start++
	}
	if start >= len(v) {
		return 0, 0
	}
	quoted := v[start] == '"' || v[start] == '\''
	if quoted {
		q := v[start]
		start++
		end = start
		for end < len(v) && v[end] != q && v[end] != '\\' {
			end++
		}
	} else {
		end = start
		for end < len(v) && bytes.IndexByte([]byte("&;, \t\r\n\"'<>){}]|"), v[end]) < 0 {
			end++
		}
		// "Authorization: Bearer x" names a scheme before the secret.
		if word := v[start:end]; end+1 < len(v) && v[end] == ' ' && (bytes.EqualFold(word, []byte("bearer")) || bytes.EqualFold(word, []byte("basic"))) {
			start = end + 1
			end = run(v, start, opaque)
		}
	}
	if bytes.HasPrefix(v[start:], []byte(Mask)) || end == start || v[i] == ':' && !quoted && !plausible(v[start:end]) {
		return 0, 0
	}
	return start, end
}

// plausible keeps prose ("invalid token: expired") out of what follows a colon: a secret there has a digit, a capital or a
// sign in it.
func plausible(v []byte) bool {
	for _, c := range v {
		if class[c]&lower == 0 {
			return len(v) >= 4
		}
	}
	return false
}

// userInfo recognises the password in scheme://user:password@host and user:password@tcp(host) around the '@' at i.
func userInfo(v []byte, at, i int) (start, end int) {
	b := i
	for b > at && v[b-1] > ' ' && v[b-1] != '/' && v[b-1] != '"' && v[b-1] != '\'' && v[b-1] != ',' && v[b-1] != '=' {
		b--
	}
	url := b >= 3 && v[b-1] == '/' && v[b-2] == '/' && v[b-3] == ':'
	dsn := bytes.HasPrefix(v[i+1:], []byte("tcp(")) || bytes.HasPrefix(v[i+1:], []byte("unix("))
	if !url && !dsn {
		return 0, 0
	}
	colon := bytes.IndexByte(v[b:i], ':')
	if colon < 0 || b+colon+1 == i || string(v[b+colon+1:i]) == Mask {
		return 0, 0
	}
	return b + colon + 1, i
}

// privateKey recognises PEM blocks of private keys; one that is cut off ends with the text.
func privateKey(v []byte, i int) (start, end int) {
	if !bytes.HasPrefix(v[i:], []byte("-----BEGIN ")) {
		return 0, 0
	}
	head := v[i:min(len(v), i+64)]
	if !bytes.Contains(head, []byte("PRIVATE KEY-----")) {
		return 0, 0
	}
	tail := bytes.Index(v[i:], []byte("-----END "))
	if tail < 0 {
		return i, len(v)
	}
	close := bytes.Index(v[i+tail+9:], []byte("-----"))
	if close < 0 {
		return i, len(v)
	}
	return i, i + tail + 9 + close + 5
}
