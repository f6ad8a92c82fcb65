package traceql

import (
	"context"
	"errors"
	"time"
)

var errNotYet = errors.New("TraceQL is not answered yet")

// Range answers a metrics query by steps of time, which are multiples of the step since 1970.
func (e *Engine) Range(context.Context, Request, time.Duration) ([]Series, error) {
	return nil, errNotYet
}

// Instant answers a metrics query with one point a series, for the whole range.
func (e *Engine) Instant(context.Context, Request) ([]Series, error) { return nil, errNotYet }
