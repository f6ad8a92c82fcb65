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
