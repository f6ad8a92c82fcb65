package otlp

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/otlp/jsonpb"
)

const (
	headerBytes = 32 << 10
	streams     = 250  // concurrent requests on a connection
	connections = 4096 // on a listener; more are closed at once
)

// newServer makes the server behind a listener, in plain text or TLS. It speaks OTLP over gRPC and over HTTP/1.1 and HTTP/2
// alike: whoever mixes up the two ports is understood.
func (in *Intake) newServer(tlsConfig *tls.Config, origins []string, lanes lanes) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	var open atomic.Int64
	return &http.Server{
		Handler:           &handler{in: in, origins: origins, lanes: lanes},
		TLSConfig:         tlsConfig,
		Protocols:         &protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streams, MaxReceiveBufferPerStream: 1 << 20, MaxReceiveBufferPerConnection: 1 << 20},
		ReadHeaderTimeout: min(5*time.Second, in.Limits.Receive),
		ReadTimeout:       in.Limits.Receive,
		WriteTimeout:      2 * in.Limits.Receive,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    headerBytes,
		ConnState: func(c net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				if open.Add(1) > connections {
					c.Close()
				}
			case http.StateClosed, http.StateHijacked:
				open.Add(-1)
			}
		},
		ErrorLog: slog.NewLogLogger(in.Log.Handler(), slog.LevelDebug),
	}
}

type handler struct {
	in            *Intake
	origins       []string
	lanes         lanes
	decompressors admission.Decompressors
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isGRPC(r) {
		h.serveGRPC(w, r)
		return
	}
	if other, ok := h.in.Routes[r.URL.Path]; ok {
		if preflight, err := h.cors(w, r); err != nil {
			h.in.Refuse(&Request{Protocol: ProtocolHTTP, Peer: r.RemoteAddr}, err).Write(w, admission.MediaJSON)
		} else if !preflight {
			other.ServeHTTP(w, r)
		}
		return
	}
	media := mediaType(r)
	s, q := byPath(r.URL.Path), Request{Protocol: ProtocolHTTP, Peer: r.RemoteAddr}
	if s != nil {
		q.Signal = s.id
	}
	partial, answered, err := h.serve(w, r, media, s, &q)
	switch {
	case err != nil:
		h.in.Refuse(&q, err).Write(w, media)
		if r.ProtoMajor == 1 {
			h.drain(w, r)
		}
	case !answered:
		partial.Write(w, media, s.rejected)
	}
}

// drain sends the answer and reads on for a while. A client that still sends when the connection is closed sees a reset instead
// of its answer, and would send the same again for ever.
func (h *handler) drain(w http.ResponseWriter, r *http.Request) {
	if http.NewResponseController(w).Flush() == nil {
		io.CopyN(io.Discard, r.Body, 4*h.in.Limits.Request)
	}
}

// mediaType is the request's, without parameters and in lower case; empty for one that can't be read.
func mediaType(r *http.Request) string {
	switch v := r.Header.Get("Content-Type"); v {
	case admission.MediaProtobuf, admission.MediaJSON:
		return v
	default:
		media, _, err := mime.ParseMediaType(v)
		if err != nil {
			return ""
		}
		return media
	}
}

// serve takes a request for a signal, nil if its path has none; answered says that the answer is written already. What is known
// of the request is in q, also when it is refused.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, media string, s *signal, q *Request) (partial admission.Partial, answered bool, err error) {
	defer func() { h.in.recovered(recover(), &err) }()
	if preflight, err := h.cors(w, r); err != nil || preflight {
		return partial, preflight, err
	}
	if s == nil {
		return partial, false, notServed(r.URL.Path)
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return partial, true, nil
		}
		return partial, false, admission.BadMethod(r.Method)
	}
	project, err := admission.Project(h.in.Auth, admission.Key(r.Header.Get))
	if err != nil {
		return partial, false, err
	}
	if media != admission.MediaProtobuf && media != admission.MediaJSON {
		return partial, false, admission.BadMediaType(r.Header.Get("Content-Type"))
	}
	encoding, err := admission.ParseEncoding(r.Header.Values("Content-Encoding"))
	if err != nil {
		return partial, false, err
	}
	if err := h.in.Ready(); err != nil {
		return partial, false, err
	}
	body := admission.NewBody(h.in.Gate)
	defer body.Release()
	if err := h.decompressors.Read(body, r.Body, encoding, r.ContentLength, h.in.Limits.Request); err != nil {
		return partial, false, err
	}
	q.Project, q.Body, q.Size, q.Held = project, body.B, len(body.B), body.Held()
	q.IngestID = h.in.Journal.IngestID(project, s.id, body.B)
	if media == admission.MediaJSON {
		partial, err = h.json(r, s, *q)
	} else {
		partial, err = h.take(r.Context(), *q)
	}
	return partial, false, err
}

// json takes a request whose body is JSON.
func (h *handler) json(r *http.Request, s *signal, q Request) (admission.Partial, error) {
	converted := admission.NewBody(h.in.Gate)
	defer converted.Release()
	if err := converted.Reserve(int64(len(q.Body))); err != nil {
		return admission.Partial{}, err
	}
	var err error
	if converted.B, err = s.json(converted.B, q.Body); err != nil {
		return admission.Partial{}, notJSON(err)
	}
	q.Body = converted.B
	q.Held += converted.Held()
	return h.take(r.Context(), q)
}

// cors answers a web page: its preflight, or the headers that let it read the answer. A page that is not on the list is refused
// even where the browser would send its request without asking, which also keeps out names that were rebound to this machine.
func (h *handler) cors(w http.ResponseWriter, r *http.Request) (preflight bool, err error) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false, nil
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	if !allowed(h.origins, origin) {
		return false, admission.Forbidden(origin)
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		header.Set("Access-Control-Expose-Headers", "Retry-After")
		return false, nil
	}
	header.Set("Access-Control-Allow-Methods", http.MethodPost)
	header.Set("Access-Control-Allow-Headers", "authorization, baggage, content-encoding, content-type, traceparent, tracestate, user-agent, x-requested-with, "+admission.HeaderIngestKey)
	header.Set("Access-Control-Max-Age", "7200")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		header.Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
	return true, nil
}

// allowed says whether an origin is on the list: exactly, by "*", or by one star inside, as in https://*.example.com.
func allowed(list []string, origin string) bool {
	for _, pattern := range list {
		before, after, star := strings.Cut(pattern, "*")
		if !star && strings.EqualFold(pattern, origin) {
			return true
		}
		o := strings.ToLower(origin)
		before, after = strings.ToLower(before), strings.ToLower(after)
		if star && len(o) >= len(before)+len(after) && strings.HasPrefix(o, before) && strings.HasSuffix(o, after) {
			return true
		}
	}
	return false
}

func notJSON(err error) error {
	if err == jsonpb.ErrTooDeep {
		return admission.TooDeep()
	}
	refusal := admission.Malformed("body is no OTLP JSON: %v", err)
	var problem *jsonpb.Error
	if errors.As(err, &problem) && problem.Got != "" {
		refusal.Public = admission.Malformed("body is no OTLP JSON: %s", problem.Public()).Message
	}
	return refusal
}
