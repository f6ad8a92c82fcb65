package peer

import "strings"

// endpoint is where a call goes: host without port, lower case; path as far as a URL gave it.
type endpoint struct {
	host, port, path string
}

// endpointOf reads the address of the callee: a logical address first, then the URL's, then the socket's.
func endpointOf(in *Input) endpoint {
	var e endpoint
	switch {
	case in.str(ServerAddress) != "":
		e.host, e.port = in.str(ServerAddress), in.text(ServerPort)
	case in.str(NetPeerName) != "":
		e.host, e.port = in.str(NetPeerName), in.text(NetPeerPort)
	case in.str(HTTPHost) != "":
		e.host, e.port = splitPort(in.str(HTTPHost))
	}
	if url := in.str(URLFull); url != "" {
		host, port, path := splitURL(url)
		if e.host == "" {
			e.host, e.port = host, port
		}
		e.path = path
	}
	if e.host == "" {
		if e.host = in.str(PeerAddress); e.host != "" {
			e.port = in.text(PeerAddressPort)
			if e.port == "" {
				e.port = in.text(NetPeerPort)
			}
		}
	}
	if strings.Contains(e.host, "://") { // some instrumentations put a URL into server.address
		host, port, path := splitURL(e.host)
		if e.host = host; port != "" {
			e.port = port
		}
		if e.path == "" {
			e.path = path
		}
	}
	e.host = e.host[strings.LastIndexByte(e.host, '@')+1:] // a user's name is no part of it, a password even less
	e.host = strings.ToLower(strings.TrimSuffix(e.host, "."))
	return e
}

// hostPort is the endpoint's name: host, or host:port where the port is none of those that go without saying.
func (e endpoint) hostPort(usual ...string) string {
	if e.host == "" || e.port == "" || e.port == "0" {
		return e.host
	}
	for _, p := range usual {
		if e.port == p {
			return e.host
		}
	}
	if strings.IndexByte(e.host, ':') >= 0 {
		return "[" + e.host + "]:" + e.port
	}
	return e.host + ":" + e.port
}

// splitURL takes host, port and path (query and fragment cut off) out of a URL. User info is dropped.
func splitURL(url string) (host, port, path string) {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return "", "", ""
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i+1:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	host, port = splitPort(authority)
	return host, port, path
}

// splitPort splits host[:port], with or without the brackets of an IPv6 address.
func splitPort(s string) (host, port string) {
	if strings.HasPrefix(s, "[") {
		if i := strings.IndexByte(s, ']'); i > 0 {
			return s[1:i], strings.TrimPrefix(s[i+1:], ":")
		}
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.IndexByte(s, ':') == i {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// remote names the callee by what the user calls it, else by its host, else by the RPC service. Host names of clouds tell what stands
// behind them, also to callers whose SDK is not instrumented.
func remote(in *Input) (typ, name string) {
	e := endpointOf(in)
	if typ, name := awsHost(e.host, e.path); name != "" {
		return typ, name
	}
	if typ, name := cloudHost(e.host, e.path); name != "" {
		return typ, name
	}
	if name := in.str(PeerService); name != "" {
		return remoteType, name
	}
	if name := e.hostPort("80", "443"); name != "" {
		return remoteType, name
	}
	if cluster := in.str(UpstreamCluster); cluster != "" {
		return meshed(cluster)
	}
	if name := rpcService(in); name != "" {
		return remoteType, name
	}
	return "", ""
}

// rpcService is the RPC service, which new conventions fold into the method ("pkg.Service/Method").
func rpcService(in *Input) string {
	if s := in.str(RPCService); s != "" {
		return s
	}
	service, _, ok := strings.Cut(in.str(RPCMethod), "/")
	if !ok {
		return ""
	}
	return service
}
