package query

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// pagePolicy lets the page run its own files and talk to its own server, and nothing else. Vite's build needs no more: scripts,
// styles and fonts are files. Styles set through the DOM are not subject to style-src. data: images are icons in CSS; blob: images
// are exports of a canvas.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types default"

// dataPolicy is for answers that are no page: should a browser take one for a page, it may do nothing.
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

func (s *Server) setHeaders(h http.Header, r *http.Request) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // not no-referrer: with it browsers send Origin: null from our own forms
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", dataPolicy) // assets set the page's
	h.Set("Cache-Control", "no-store")           // so do they
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// loopbackHosts are the names that the server may be asked for by, nil for any. A server on loopback has no need of a login, so
// a page of another site must not reach it by a name of its own that resolves to 127.0.0.1.
func loopbackHosts(listen string, more []string) map[string]bool {
	if !isLoopback(hostName(listen)) {
		return nil
	}
	hosts := map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true, hostName(listen): true}
	for _, name := range more {
		hosts[hostName(name)] = true
	}
	return hosts
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// hostName is a host[:port] without its port, brackets and final dot, in lower case.
func hostName(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
