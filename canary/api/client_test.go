package api

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRefusalsAreToldApart(t *testing.T) {
	f := func(status int, body string) error {
		return refusedBy(&http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body))})
	}
	for body, want := range map[string]error{
		`{"error":{"code":"not_found","message":"there is nothing at /api/logs","hint":""}}`: ErrNotServed,
		`{"error":{"code":"not_found","message":"the trace is not stored","hint":""}}`:       ErrNotFound,
		`404 page not found`: ErrNotServed,
	} {
		if err := f(http.StatusNotFound, body); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
	for status, want := range map[int]Unreadable{
		http.StatusUnauthorized:        {Login: true},
		http.StatusBadRequest:          {},
		http.StatusTooManyRequests:     {Again: true},
		http.StatusServiceUnavailable:  {Again: true},
		http.StatusInternalServerError: {Again: true},
	} {
		u, ok := errors.AsType[*Unreadable](f(status, `{"error":{"code":"c","message":"why","hint":"how"}}`))
		if !ok || u.Login != want.Login || u.Again != want.Again || !strings.HasSuffix(u.Text, ": why (how)") {
			t.Errorf("%d: %+v", status, u)
		}
	}
}
