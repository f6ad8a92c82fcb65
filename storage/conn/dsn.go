package conn

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Server is what a URL of storage.clickhouse names.
type Server struct {
	Addresses []string // host:port
	User      string
	Database  string
	Cluster   string
}

// ParseURL checks a server's URL without connecting. Its errors quote no password.
func ParseURL(text string) (Server, error) {
	t, err := parseURL(Config{URL: text})
	if err != nil {
		return Server{}, err
	}
	return Server{Addresses: t.addrs, User: t.writer.name, Database: t.database, Cluster: t.cluster}, nil
}

// parseURL reads a server's URL. Settings are not taken from it: statements carry theirs.
func parseURL(c Config) (target, error) {
	// url.Parse refuses a list of hosts with ports, so the list is taken out first.
	scheme, rest, ok := strings.Cut(c.URL, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return target{}, fmt.Errorf("the URL must begin with http:// or https://")
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	userinfo, hosts := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		userinfo, hosts = authority[:i+1], authority[i+1:]
	}
	u, err := url.Parse(scheme + "://" + userinfo + "host" + rest[end:])
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err // without the URL, which may hold a password
		}
		return target{}, fmt.Errorf("read the URL: %w", err)
	}
	t := target{scheme: scheme, database: strings.Trim(u.Path, "/"), path: "/"}
	for host := range strings.SplitSeq(hosts, ",") {
		addr, err := withPort(strings.TrimSpace(host), scheme)
		if err != nil {
			return target{}, err
		}
		t.addrs = append(t.addrs, addr)
	}
	key, _ := u.User.Password()
	t.writer = user{u.User.Username(), key}
	if t.writer.name == "" {
		t.writer.name = "default"
	}
	t.reader = t.writer
	for name, values := range u.Query() {
		switch name {
		case "cluster":
			t.cluster = values[0]
		case "skip_verify":
			t.skipVerify = values[0] == "true" || values[0] == "1"
		default:
			return target{}, fmt.Errorf("the URL has an unknown parameter %q; known are %s", name, strings.Join(knownParameters, ", "))
		}
	}
	if c.Database != "" {
		t.database = c.Database
	}
	if t.database == "" {
		t.database = "default"
	}
	if c.Cluster != "" {
		t.cluster = c.Cluster
	}
	return t, nil
}

var knownParameters = []string{"cluster", "skip_verify"}

func withPort(host, scheme string) (string, error) {
	if host == "" {
		return "", errors.New("the URL names no host")
	}
	if h, port, err := net.SplitHostPort(host); err == nil {
		if h == "" || port == "" {
			return "", fmt.Errorf("the URL's host %q is not complete", host)
		}
		return host, nil
	}
	if slices.Contains([]byte(host), ':') && !strings.HasPrefix(host, "[") {
		return "", fmt.Errorf("the URL's host %q is not host:port", host)
	}
	port := "8123"
	if scheme == "https" {
		port = "8443"
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port), nil
}
