package admission

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Reasons of refusals, as they are counted.
const (
	ReasonDecode       = "decode_error"
	ReasonNesting      = "nesting"
	ReasonEncoding     = "encoding"
	ReasonMediaType    = "media_type"
	ReasonTooLarge     = "too_large"
	ReasonAborted      = "aborted" // the client went away or was too slow
	ReasonAuth         = "auth"
	ReasonForbidden    = "authz"
	ReasonMethod       = "method"
	ReasonUnknown      = "unknown_path"
	ReasonRate         = "rate_limited"
	ReasonBackpressure = "backpressure"
	ReasonProcessor    = "processor" // one of the user's
	ReasonInternal     = "internal"
)

// undecodable are the reasons of requests whose items nobody can count.
var undecodable = [...]string{ReasonDecode, ReasonNesting, ReasonEncoding, ReasonMediaType, ReasonTooLarge}

// Refusal is an answer to a request that was not taken: nothing of it is stored. It is an error, and is sent as a
// google.rpc.Status over gRPC and HTTP alike.
type Refusal struct {
	Code       codes.Code
	HTTP       int
	Reason     string        // one of the Reasons
	Message    string        // for whoever reads the exporter's log: what is wrong, and which limit says so
	Public     string        // Message without what it quotes of the body, for others than the sender; empty: it quotes nothing
	RetryAfter time.Duration // > 0: the same request may be sent again after that; OTLP clients drop it without this

	counted bool // by Accounts
}

func (r *Refusal) Error() string { return r.Message }

// Status is the refusal as google.rpc.Status, with RetryInfo where it is retryable.
func (r *Refusal) Status() *status.Status {
	st := status.New(r.Code, r.Message)
	if r.RetryAfter > 0 {
		if with, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(r.RetryAfter)}); err == nil {
			return with
		}
	}
	return st
}

// AsRefusal finds the refusal in an error, or makes one: what we did not foresee is our fault and not worth sending again.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return Internal()
}

// TooLarge refuses a request past the limit. It carries no hint: the same request will never fit (OTLP: not retryable).
func TooLarge(limit int64) *Refusal {
	return &Refusal{Code: codes.ResourceExhausted, HTTP: http.StatusRequestEntityTooLarge, Reason: ReasonTooLarge,
		Message: fmt.Sprintf("request is larger than %d bytes after decompression; send smaller batches or raise otlp.max_request (err-sightline-request-bytes)", limit)}
}

// TooMany refuses a request with more items than may be decoded at once. It carries no hint, as TooLarge.
func TooMany(limit int) *Refusal {
	return &Refusal{Code: codes.ResourceExhausted, HTTP: http.StatusRequestEntityTooLarge, Reason: ReasonTooLarge,
		Message: fmt.Sprintf("request has more than %d items; send smaller batches (err-sightline-request-items)", limit)}
}

// BadEncoding refuses a body that can't be decompressed.
func BadEncoding(format string, args ...any) *Refusal {
	return invalid(ReasonEncoding, "err-sightline-encoding", format, args...)
}

// Malformed refuses a body that is not the message it should be.
func Malformed(format string, args ...any) *Refusal {
	return invalid(ReasonDecode, "err-sightline-decode", format, args...)
}

// TooDeep refuses a body with an attribute nested past MaxDepth.
func TooDeep() *Refusal {
	return invalid(ReasonNesting, "err-sightline-any-value-depth", "an attribute is nested more than %d levels deep", MaxDepth)
}

// Aborted answers a client that did not send its whole request. Nobody may be there to read it.
func Aborted(cause error) *Refusal {
	r := invalid(ReasonAborted, "err-sightline-aborted", "request did not arrive whole: %v", cause)
	r.HTTP = http.StatusRequestTimeout
	return r
}

func invalid(reason, id, format string, args ...any) *Refusal {
	return &Refusal{Code: codes.InvalidArgument, HTTP: http.StatusBadRequest, Reason: reason, Message: fmt.Sprintf(format, args...) + " (" + id + ")"}
}

// BadMediaType refuses a Content-Type; want are those that are taken, protobuf and JSON if none is named.
func BadMediaType(got string, want ...string) *Refusal {
	if want == nil {
		want = []string{MediaProtobuf, MediaJSON}
	}
	return &Refusal{Code: codes.InvalidArgument, HTTP: http.StatusUnsupportedMediaType, Reason: ReasonMediaType,
		Message: fmt.Sprintf("Content-Type %.100q is not supported; use %s", got, strings.Join(want, " or "))}
}

// BadMethod refuses what is not a POST.
func BadMethod(got string) *Refusal {
	return &Refusal{Code: codes.Unimplemented, HTTP: http.StatusMethodNotAllowed, Reason: ReasonMethod,
		Message: fmt.Sprintf("method %.20q is not allowed; use POST", got)}
}

// NotServed answers a path or a gRPC method that is not there.
func NotServed(format string, args ...any) *Refusal {
	return &Refusal{Code: codes.Unimplemented, HTTP: http.StatusNotFound, Reason: ReasonUnknown, Message: fmt.Sprintf(format, args...)}
}

// Unauthenticated refuses a missing, wrong or revoked key, and does not say which.
func Unauthenticated() *Refusal {
	return &Refusal{Code: codes.Unauthenticated, HTTP: http.StatusUnauthorized, Reason: ReasonAuth,
		Message: "no valid ingest key; send one as \"Authorization: Bearer KEY\" or \"x-sightline-ingest-key: KEY\" (sightline key create makes one)"}
}

// WrongScope refuses a key that is valid, but not for sending.
func WrongScope() *Refusal {
	return &Refusal{Code: codes.PermissionDenied, HTTP: http.StatusForbidden, Reason: ReasonForbidden,
		Message: "the key is for reading, and does not let anybody send; make one with sightline key create, without --read"}
}

// Forbidden refuses a web page that is not on the list of origins.
func Forbidden(origin string) *Refusal {
	return &Refusal{Code: codes.PermissionDenied, HTTP: http.StatusForbidden, Reason: ReasonForbidden,
		Message: fmt.Sprintf("origin %.100q is not allowed; add it to otlp.cors_origins", origin)}
}

// RateLimited asks a project to slow down; wait is when its budget allows the request.
func RateLimited(project string, limit int64, wait time.Duration) *Refusal {
	return &Refusal{Code: codes.ResourceExhausted, HTTP: http.StatusTooManyRequests, Reason: ReasonRate, RetryAfter: jitter(max(wait, time.Second)),
		Message: fmt.Sprintf("project %q sends more than %d bytes a second (err-sightline-ingest-rate)", project, limit)}
}

// Backpressure asks the client to come back: what is wrong is on our side and passes.
func Backpressure(wait time.Duration, message string) *Refusal {
	return &Refusal{Code: codes.Unavailable, HTTP: http.StatusServiceUnavailable, Reason: ReasonBackpressure, RetryAfter: jitter(wait), Message: message}
}

// Processor refuses what a processor of the user's pipeline can't do, and won't the next time. Why is for the sender: the processor may
// quote what was sent.
func Processor(cause error) *Refusal {
	const refuses, id = "a processor of the pipeline refuses the request", "(err-sightline-processor)"
	return &Refusal{Code: codes.InvalidArgument, HTTP: http.StatusBadRequest, Reason: ReasonProcessor,
		Message: fmt.Sprintf("%s: %.500s %s", refuses, strings.ToValidUTF8(cause.Error(), "\ufffd"), id), Public: refuses + "; its sender is told why " + id}
}

// Internal answers a request that broke something of ours. It is not retryable: it would break it again.
func Internal() *Refusal {
	return &Refusal{Code: codes.Internal, HTTP: http.StatusInternalServerError, Reason: ReasonInternal,
		Message: "internal error while taking the request; the log of sightline has the details"}
}

// jitter spreads clients out that were refused together: the wait and up to half of it more.
func jitter(wait time.Duration) time.Duration {
	return wait + time.Duration(rand.Int64N(int64(wait)/2+1))
}
