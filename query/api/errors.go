package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Code names a kind of error for programs; the list is in docs/openapi.yaml.
type Code string

const (
	BadParameter     Code = "bad_parameter"
	BadQuery         Code = "bad_query"
	BadTime          Code = "bad_time"
	BadRequest       Code = "bad_request"
	BadHost          Code = "bad_host"
	Unauthenticated  Code = "unauthenticated"
	Forbidden        Code = "forbidden"
	CrossOrigin      Code = "cross_origin"
	NotFound         Code = "not_found"
	Conflict         Code = "conflict"
	MethodNotAllowed Code = "method_not_allowed"
	TooLarge         Code = "too_large"
	TooManyRequests  Code = "too_many_requests"
	Timeout          Code = "timeout"
	QueryLimit       Code = "query_limit"
	EngineRestarting Code = "engine_restarting"
	Internal         Code = "internal"
)

var statuses = map[Code]int{
	BadParameter:     http.StatusBadRequest,
	BadQuery:         http.StatusBadRequest,
	BadTime:          http.StatusBadRequest,
	BadRequest:       http.StatusBadRequest,
	BadHost:          http.StatusMisdirectedRequest,
	Unauthenticated:  http.StatusUnauthorized,
	Forbidden:        http.StatusForbidden,
	CrossOrigin:      http.StatusForbidden,
	NotFound:         http.StatusNotFound,
	Conflict:         http.StatusConflict,
	MethodNotAllowed: http.StatusMethodNotAllowed,
	TooLarge:         http.StatusRequestEntityTooLarge,
	TooManyRequests:  http.StatusTooManyRequests,
	Timeout:          http.StatusGatewayTimeout,
	QueryLimit:       http.StatusUnprocessableEntity,
	EngineRestarting: http.StatusServiceUnavailable,
	Internal:         http.StatusInternalServerError,
}

// Status is the HTTP status of an error of this kind.
func (c Code) Status() int { return statuses[c] }

// Error is an error that is told to the client as it stands.
type Error struct {
	Code       Code
	Message    string
	Hint       string        // what to do about it; may be empty
	Position   int           // byte offset in the query; only with BadQuery
	RetryAfter time.Duration // 0: says nothing
	Cause      error         // for the log only; may be nil
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.Cause)
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an error with a message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint sets the hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// AsError is err as it is told to a client: itself if it is an *Error, else a timeout, or an internal error whose text stays in
// the log.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: Timeout, Message: "the query took too long", Hint: "narrow the time range or the filter", Cause: err}
	}
	return &Error{Code: Internal, Message: "something went wrong in Sightline", Hint: "the log has the details under the request id", Cause: err}
}

// WriteError answers with an error.
func WriteError(w http.ResponseWriter, e *Error, requestID string) {
	type body struct {
		Code      Code   `json:"code"`
		Message   string `json:"message"`
		Hint      string `json:"hint"`
		Position  *int   `json:"position"`
		RequestID string `json:"request_id"`
	}
	b := body{Code: e.Code, Message: e.Message, Hint: e.Hint, RequestID: requestID}
	if e.Code == BadQuery {
		b.Position = &e.Position
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Del("Content-Disposition") // of the download that failed
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	w.WriteHeader(e.Code.Status())
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(map[string]body{"error": b}) // fails only if the client has gone
}
