// Package api is what all of our HTTP answers have in common: routes, errors, parameters, spellings of times, JSON. It knows
// nothing about spans or storage, and it holds no state.
package api

import (
	"context"
	"net/http"
	"time"
)

// Handler answers a request, or returns an error before it has written anything; the server turns that into an error answer.
// An error after the first byte breaks the connection off, so that a client can't take half an answer for a whole.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Cost says how the server treats a route.
type Cost uint8

const (
	Query  Cost = iota // reads storage: needs a login, is bounded in time and in how many run at once
	Light              // needs a login
	Public             // open to everybody
)

// Route is one line of the server's route table.
type Route struct {
	Method  string // GET routes answer HEAD too
	Pattern string // as http.ServeMux has it, without the method; docs/openapi.yaml has the same
	Cost    Cost
	Handle  Handler
	Fail    Failure // nil: WriteError
}

// Failure answers with an error in the form that a route's clients know. Nothing has been written before it.
type Failure func(w http.ResponseWriter, e *Error, requestID string)

// Caller is who asks.
type Caller struct {
	Project string // every read is bound to it
	User    string // "" without authentication
}

type callerKey struct{}

// WithCaller is for the server and for tests.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf a request; the server has always set one.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Clock tells the time; time.Now but in tests.
type Clock func() time.Time
