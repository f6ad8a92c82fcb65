package query

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/sightline/sightline/query/api"
)

// minCompressed is the shortest answer that is worth compressing; it also is how much of an answer is held back, in case an
// error follows.
const minCompressed = 1 << 10

// response holds back the beginning of an answer until it is known whether it should be compressed, and counts.
type response struct {
	out     http.ResponseWriter
	gzip    bool // the client takes it
	head    bool
	status  int
	held    []byte // not handed on yet
	started bool   // the header has gone out
	zip     *gzip.Writer
	bytes   int64       // of the answer, before compression
	failure api.Failure // how the route's clients are told of errors; nil: as ours
}

func newResponse(out http.ResponseWriter, r *http.Request) *response {
	return &response{out: out, gzip: acceptsGzip(r) && r.Header.Get("Range") == "", head: r.Method == http.MethodHead}
}

func acceptsGzip(r *http.Request) bool { return accepts(r, "gzip") }

// accepts reports whether Accept-Encoding has the coding, and not with a weight of nothing.
func accepts(r *http.Request, coding string) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			value, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
			q, err := strconv.ParseFloat(value, 64)
			return !ok || err == nil && q > 0
		}
	}
	return false
}

func (w *response) Header() http.Header { return w.out.Header() }

// begun reports whether a part of the answer has gone out.
func (w *response) begun() bool { return w.started }

// reset takes back what is held back.
func (w *response) reset() {
	w.held, w.status, w.bytes = w.held[:0], 0, 0
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.bytes += int64(len(b))
	if !w.started {
		if len(w.held)+len(b) < minCompressed {
			w.held = append(w.held, b...)
			return len(b), nil
		}
		if err := w.start(); err != nil {
			return 0, err
		}
	}
	return w.write(b)
}

func (w *response) write(b []byte) (int, error) {
	if w.zip != nil {
		return w.zip.Write(b)
	}
	return w.out.Write(b)
}

// start sends the header and what was held back, compressed from now on if the answer is of a kind that gains.
func (w *response) start() error {
	w.started = true
	h := w.out.Header()
	if compressible(h.Get("Content-Type")) {
		h.Add("Vary", "Accept-Encoding")
		if w.gzip && h.Get("Content-Encoding") == "" && w.status == http.StatusOK && !w.head {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			h.Del("Accept-Ranges")
			w.zip = zips.Get().(*gzip.Writer)
			w.zip.Reset(w.out)
		}
	}
	w.out.WriteHeader(w.status)
	held := w.held
	w.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := w.write(held)
	return err
}

// finish sends what is held back. It must not be called when the answer broke off.
func (w *response) finish() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if !w.started && w.status != statusClientGone {
		w.gzip = false // too short
		if !w.head && len(w.held) > 0 {
			w.out.Header().Set("Content-Length", strconv.Itoa(len(w.held)))
		}
		_ = w.start() // the client has gone
	}
	if w.zip != nil {
		_ = w.zip.Close()
		w.zip.Reset(nil)
		zips.Put(w.zip)
		w.zip = nil
	}
}

// Flush is for streams: what was written so far goes out.
func (w *response) Flush() {
	if !w.started {
		w.WriteHeader(http.StatusOK)
		_ = w.start()
	}
	if w.zip != nil {
		_ = w.zip.Flush()
	}
	_ = http.NewResponseController(w.out).Flush()
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.out }

// zips keeps compressors, of which each holds some 800 KB. The fastest level is 4 times as fast as the default on our JSON and
// makes it a fifth longer.
var zips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

var compressibleTypes = []string{"application/json", "application/javascript", "image/svg+xml", "application/manifest+json"}

func compressible(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return strings.HasPrefix(kind, "text/") || slices.Contains(compressibleTypes, kind)
}
