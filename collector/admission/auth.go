package admission

import "strings"

// DefaultProject is where data goes while authentication is off.
const DefaultProject = "default"

// Headers that carry an ingest key. The second is for clients whose Authorization header is taken.
const (
	HeaderAuthorization = "authorization"
	HeaderIngestKey     = "x-sightline-ingest-key"
)

// Authenticator knows the ingest keys. It compares in constant time and is safe for concurrent use.
type Authenticator interface {
	// Authenticate says which project a key writes to; ok is false for a key that is missing, wrong or revoked.
	Authenticate(key string) (project string, ok bool)
}

// Scoped is an Authenticator that has keys for other things than sending.
type Scoped interface {
	// OtherScope says that a key which Authenticate does not take is valid for something else.
	OtherScope(key string) bool
}

// Project is Authenticate, with the refusal of a key that it does not take.
func Project(a Authenticator, key string) (project string, err error) {
	project, ok := a.Authenticate(key)
	if ok {
		return project, nil
	}
	if s, ok := a.(Scoped); ok && key != "" && s.OtherScope(key) {
		return "", WrongScope()
	}
	return "", Unauthenticated()
}

// Open lets everything into the default project: authentication is off.
type Open struct{}

// Authenticate gives the default project.
func (Open) Authenticate(string) (project string, ok bool) { return DefaultProject, true }

// Key is the ingest key in a request's headers; get returns the first value of a header, given in lower case.
func Key(get func(header string) string) string {
	if key := get(HeaderIngestKey); key != "" {
		return key
	}
	scheme, key, ok := strings.Cut(get(HeaderAuthorization), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}
