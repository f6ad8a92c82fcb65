package redact

import "bytes"

// secretEnds are the ends of names whose values are secret, in lower case without separators: x-api-key, accessToken and
// db.user_password all end in one.
var secretEnds = [...]string{
	"authorization", "cookie", "cookies", "password", "passwd", "passphrase", "secret", "token", "jwt", "apikey", "secretkey",
	"privatekey", "secretaccesskey", "sharedaccesskey", "accountkey", "credential", "credentials", "cardnumber", "creditcard",
	"connectionstring",
}

// secretNames are secret only as the whole last part of a key.
var secretNames = [...]string{"pwd", "cvv", "cvc"}

// harmlessEnds look secret and are not: cursors through pages of results, and the like.
var harmlessEnds = [...]string{"nexttoken", "pagetoken", "pagingtoken", "paginationtoken", "continuationtoken", "cancellationtoken", "synctoken"}

// paramNames are secret, too, as parameters of URLs and DSNs.
var paramNames = [...]string{
	"sig", "signature", "xamzsignature", "xamzcredential", "xgoogsignature", "xgoogcredential", "awsaccesskeyid",
	"accesskey", "auth", "sid", "sessionid",
}

// Key says whether what is sent under this attribute key is secret by its name: the last part of a dotted key decides, so
// that http.request.header.authorization is and k8s.secret.name is not.
func Key(key []byte) bool {
	return secretName(key[bytes.LastIndexByte(key, '.')+1:])
}

func secretName(name []byte) bool {
	by := ending(name)
	return by != nil && (isOne(name, by.names) || hasEnd(name, by.ends) && !hasEnd(name, by.harmless))
}

// param says whether a parameter's value is secret.
func param(name []byte) bool {
	if len(name) < 3 || len(name) > 64 {
		return false
	}
	by := ending(name)
	return by != nil && (secretName(name) || isOne(name, by.params))
}

// names are the tables above for one last letter, which decides nearly every question.
type names struct {
	ends, names, harmless, params []string
}

var byLetter = func() (t [26]*names) {
	of := func(s string) *names {
		i := s[len(s)-1] - 'a'
		if t[i] == nil {
			t[i] = &names{}
		}
		return t[i]
	}
	for _, s := range secretEnds {
		of(s).ends = append(of(s).ends, s)
	}
	for _, s := range secretNames {
		of(s).names = append(of(s).names, s)
	}
	for _, s := range harmlessEnds {
		of(s).harmless = append(of(s).harmless, s)
	}
	for _, s := range paramNames {
		of(s).params = append(of(s).params, s)
	}
	return t
}()

func ending(name []byte) *names {
	if len(name) == 0 {
		return nil
	}
	i := (name[len(name)-1] | 0x20) - 'a'
	if i >= 26 {
		return nil
	}
	return byLetter[i]
}

func hasEnd(name []byte, ends []string) bool {
	for _, end := range ends {
		if _, ok := cutEnd(name, end); ok {
			return true
		}
	}
	return false
}

func isOne(name []byte, of []string) bool {
	for _, whole := range of {
		if rest, ok := cutEnd(name, whole); ok && len(bytes.Trim(rest, "-_ ")) == 0 {
			return true
		}
	}
	return false
}

// cutEnd cuts end off the name, whatever its case and its dashes, underscores and spaces.
func cutEnd(name []byte, end string) (rest []byte, ok bool) {
	i := len(name)
	for j := len(end) - 1; j >= 0; {
		if i == 0 {
			return nil, false
		}
		i--
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch {
		case c == end[j]:
			j--
		case c != '-' && c != '_' && c != ' ':
			return nil, false
		}
	}
	return name[:i], true
}
