package xray

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/xray/segment"
)

// Prefix is where the API is on a server that has other things, too.
const Prefix = "/xray"

// Paths are what the API answers, all of them to POST.
var Paths = []string{"/TraceSegments", "/TelemetryRecords", "/GetSamplingRules", "/SamplingTargets"}

// api is X-Ray's REST-JSON API, as far as senders use it.
type api struct {
	*server
	key           string // of requests without credentials
	decompressors *admission.Decompressors
}

func (s *server) api(key string) http.Handler {
	return &api{server: s, key: key, decompressors: &admission.Decompressors{}}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := a.answer(r)
	if err != nil {
		refused := a.taker.refuse(r.RemoteAddr, err)
		if r.Method != http.MethodPost && refused.HTTP == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		asAPIError(refused).write(w)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (a *api) answer(r *http.Request) (answer any, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			a.log.Error("panic while answering X-Ray's API", "path", r.URL.Path, "panic", broken)
			err = admission.Internal()
		}
	}()
	handle := map[string]func(r *http.Request) (any, error){
		"/TraceSegments": a.putTraceSegments, "/TelemetryRecords": a.putTelemetryRecords,
		"/GetSamplingRules": a.getSamplingRules, "/SamplingTargets": a.getSamplingTargets,
	}[strings.TrimPrefix(r.URL.Path, Prefix)]
	switch {
	case handle == nil:
		return nil, admission.NotServed("nothing is served at %.100q; X-Ray's senders use POST %s", r.URL.Path, strings.Join(Paths, ", "))
	case r.Method != http.MethodPost:
		return nil, admission.BadMethod(r.Method)
	case r.Header.Get("Origin") != "": // no SDK runs in a page; a page's request could come from a name that was rebound
		return nil, admission.Forbidden(r.Header.Get("Origin"))
	}
	return handle(r)
}

type unprocessed struct {
	ID        string `json:"Id,omitempty"`
	ErrorCode string
	Message   string
}

// putTraceSegments stores what it can, and answers for each document that it can't.
func (a *api) putTraceSegments(r *http.Request) (any, error) {
	key := credentials(r)
	if key == "" {
		key = a.key
	}
	project, err := admission.Project(a.taker.in.Auth, key)
	if err != nil {
		return nil, err
	}
	if err := a.taker.in.Ready(); err != nil {
		return nil, err
	}
	var request struct{ TraceSegmentDocuments []string }
	body := admission.NewBody(a.taker.in.Gate)
	defer body.Release()
	if err := a.read(r, body, &request); err != nil {
		return nil, err
	}
	held := 6 * int64(len(body.B)) // what it takes decoded, about
	if !a.taker.in.Gate.Take(held) {
		return nil, admission.Crowded()
	}
	defer a.taker.in.Gate.Give(held)

	answer := struct{ UnprocessedTraceSegments []unprocessed }{[]unprocessed{}}
	fail := func(e *segment.Error) {
		answer.UnprocessedTraceSegments = append(answer.UnprocessedTraceSegments, unprocessed{e.ID, e.Code, e.Error()})
	}
	var documents []*segment.Document
	for _, text := range request.TraceSegmentDocuments {
		d, err := segment.Parse([]byte(text))
		var refused *segment.Error
		if errors.As(err, &refused) {
			a.taker.refuseDocument(r.RemoteAddr, refused)
			fail(refused)
			continue
		}
		if a.taker.outside(d) {
			fail(&segment.Error{ID: d.ID, Code: segment.CodeStart, Detail: "start_time is past what is kept, or in the future"})
		}
		documents = append(documents, d)
	}
	if len(documents) == 0 {
		return answer, nil
	}
	spans, err := a.taker.body(documents, make([]netip.AddrPort, len(documents)))
	if err != nil {
		return nil, err
	}
	q := a.taker.request(project, r.RemoteAddr)
	q.Body, q.Size, q.IngestID = spans, len(body.B), a.taker.in.Journal.IngestID(project, journal.SignalTraces, body.B)
	if _, err := a.taker.take(r.Context(), q); err != nil {
		return nil, err
	}
	return answer, nil
}

// putTelemetryRecords takes what a daemon says of itself, and has no use for it.
func (a *api) putTelemetryRecords(*http.Request) (any, error) { return struct{}{}, nil }

// read decodes a request's body; out points to the value.
func (a *api) read(r *http.Request, body *admission.Body, out any) error {
	encoding, err := admission.ParseEncoding(r.Header.Values("Content-Encoding"))
	if err != nil {
		return err
	}
	if err := a.decompressors.Read(body, r.Body, encoding, r.ContentLength, a.taker.in.Limits.Request); err != nil {
		return err
	}
	if len(body.B) == 0 {
		return nil
	}
	if err := json.Unmarshal(body.B, out); err != nil {
		return admission.Malformed("body is not X-Ray's JSON: %v", err)
	}
	return nil
}

// credentials are the ingest key of a request: the id of the access key that it is signed with, in a header or in the URL, or one
// of our own headers. The signature is not looked at: the id is the secret.
func credentials(r *http.Request) string {
	signed := r.Header.Get("Authorization")
	if !strings.HasPrefix(signed, "AWS4-") {
		if key := admission.Key(r.Header.Get); key != "" {
			return key
		}
		signed = "Credential=" + r.URL.Query().Get("X-Amz-Credential")
	}
	_, after, _ := strings.Cut(signed, "Credential=")
	id, _, _ := strings.Cut(after, "/")
	return strings.TrimSpace(id)
}

// apiError is an error in the form of AWS's REST-JSON protocol.
type apiError struct {
	status     int
	code       string
	message    string
	retryAfter time.Duration // 0: no hint
}

// asAPIError says a refusal in X-Ray's words. AWS's SDKs send again after a ThrottledException and after 5xx.
func asAPIError(r *admission.Refusal) apiError {
	e := apiError{r.HTTP, "InvalidRequestException", r.Message, r.RetryAfter}
	switch {
	case r.HTTP == http.StatusTooManyRequests:
		e.code = "ThrottledException"
	case r.HTTP == http.StatusUnauthorized:
		e.status, e.code = http.StatusForbidden, "UnrecognizedClientException"
		e.message = "no valid ingest key; give one as the access key id, with any secret (sightline key create makes one)"
	case r.HTTP == http.StatusForbidden:
		e.code = "AccessDeniedException"
	case r.HTTP == http.StatusNotFound:
		e.code = "UnknownOperationException"
	case r.HTTP == http.StatusServiceUnavailable:
		e.code = "ServiceUnavailable"
	case r.HTTP >= 500:
		e.code = "InternalFailure"
	}
	return e
}

func (e apiError) write(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-Errortype", e.code)
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.retryAfter.Seconds()))))
	}
	writeJSON(w, e.status, struct {
		Type    string `json:"__type"`
		Message string
	}{e.code, e.message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, fmt.Appendf(nil, `{"__type":"InternalFailure","Message":%q}`, err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body)
}
