package conn

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sightline/sightline/storage/conn/native"
)

// transport is the one HTTP client that every clickhouse-go connection of a DB shares. It notes into the call of a request's
// context what clickhouse-go does not tell: the statement's cost, and whether the failure was the way's or the statement's.
type transport struct {
	base   *http.Transport
	target target
	next   atomic.Uint32 // round robin for inserts over addrs
}

func newTransport(t target) *transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	base := &http.Transport{
		MaxIdleConns:          maxConns,
		MaxIdleConnsPerHost:   maxConns,
		IdleConnTimeout:       5 * time.Minute,
		ResponseHeaderTimeout: readTimeout,
		DisableCompression:    true,
		TLSClientConfig:       t.tls(),
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        64 << 10,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if t.embedded && t.network == "unix" {
				network, addr = "unix", t.path
			}
			return dialer.DialContext(ctx, network, addr)
		},
	}
	if !t.embedded {
		base.Proxy = http.ProxyFromEnvironment
	}
	return &transport{base: base, target: t}
}

func (t target) tls() *tls.Config {
	if t.scheme != "https" {
		return nil
	}
	return &tls.Config{InsecureSkipVerify: t.skipVerify, MinVersion: tls.VersionTLS12}
}

// call is what a request's context carries for the transport: what to ask for, and where to put what it saw.
type call struct {
	reader   bool
	class    Class
	stream   bool
	settings url.Values // server mode only
	stats    *Stats
	failure  error // of the way: no answer, a broken one, or a gateway's
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	c, _ := r.Context().Value(callKey{}).(*call)
	if c == nil {
		return t.base.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	if t.target.embedded {
		if name := classNames[c.class]; name != "" {
			r.Header.Set("X-Sightline-Class", name)
		}
		if c.stream {
			r.Header.Set("X-Sightline-Stream", "1")
		}
		if c.reader { // clickhouse-go makes a setting of the context's deadline, and readers of the engine may set nothing
			values := r.URL.Query()
			values.Del("max_execution_time")
			r.URL.RawQuery = values.Encode()
		}
	}
	if !t.target.embedded && len(c.settings) > 0 {
		values := r.URL.Query()
		for name, value := range c.settings {
			values[name] = value
		}
		r.URL.RawQuery = values.Encode()
	}
	res, err := t.base.RoundTrip(r)
	if err != nil {
		c.failure = err
		return nil, err
	}
	switch res.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		c.failure = fmt.Errorf("HTTP status %s", res.Status)
	}
	c.stats.read(res.Header.Get(summaryHeader))
	res.Body = &body{ReadCloser: res.Body, res: res, call: c}
	return res, nil
}

const summaryHeader = "X-ClickHouse-Summary"

// body notes a broken answer and the cost in the trailer.
type body struct {
	io.ReadCloser
	res  *http.Response
	call *call
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch err {
	case nil:
	case io.EOF:
		b.call.stats.read(b.res.Trailer.Get(summaryHeader))
	default:
		b.call.failure = err
	}
	return n, err
}

// Stats is what a statement cost.
type Stats struct {
	Elapsed time.Duration // at the server
	Rows    uint64        // read, not returned
	Bytes   uint64        // read, uncompressed
}

// read takes an X-ClickHouse-Summary, whose numbers are strings.
func (s *Stats) read(header string) {
	if s == nil || header == "" {
		return
	}
	var summary struct {
		ReadRows  string `json:"read_rows"`
		ReadBytes string `json:"read_bytes"`
		ElapsedNS string `json:"elapsed_ns"`
	}
	if json.Unmarshal([]byte(header), &summary) != nil {
		return
	}
	number := func(s string) uint64 { n, _ := strconv.ParseUint(s, 10, 64); return n }
	s.Rows, s.Bytes, s.Elapsed = number(summary.ReadRows), number(summary.ReadBytes), time.Duration(number(summary.ElapsedNS))
}

// send sends one request of our own. Its answer's body must be closed.
func (t *transport) send(ctx context.Context, as user, values url.Values, data native.Body) (*http.Response, error) {
	addr := t.target.addrs[int(t.next.Add(1))%len(t.target.addrs)]
	u := url.URL{Scheme: t.target.scheme, Host: addr, Path: "/", RawQuery: values.Encode()}
	if !t.target.embedded && t.target.path != "" {
		u.Path = t.target.path
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), data.Reader())
	if err != nil {
		return nil, err
	}
	r.ContentLength = int64(data.Len())
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(data.Reader()), nil }
	r.Header.Set("X-ClickHouse-User", as.name)
	r.Header.Set("X-ClickHouse-Key", as.key)
	r.Header.Set("Content-Type", "application/octet-stream")
	return t.RoundTrip(r)
}

// post sends a request as the writer and reads its (short) answer.
func (t *transport) post(ctx context.Context, values url.Values, data native.Body) (status int, answer []byte, header http.Header, err error) {
	res, err := t.send(ctx, t.target.writer, values, data)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, nil, nil, err
	}
	if strings.Contains(string(answer), "__exception__\r\n") {
		return http.StatusInternalServerError, answer, res.Header, nil
	}
	return res.StatusCode, answer, res.Header, nil
}
