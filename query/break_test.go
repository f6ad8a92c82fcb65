package query

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/sightline/sightline/query/api"
)

func TestAnswerThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	s, err := New(Config{UI: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(bytesFirst int, failure error, status int, whole bool) {
		t.Helper()
		route := api.Route{Method: "GET", Pattern: "/x", Cost: api.Public, Handle: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", api.ContentType)
			_, _ = w.Write(bytes.Repeat([]byte("x"), bytesFirst))
			if failure == nil {
				panic("a bug")
			}
			return failure
		}}
		srv := httptest.NewServer(s.around(s.route(route)))
		defer srv.Close()
		resp, err := http.Get(srv.URL)
		if err != nil {
			if whole {
				t.Errorf("fails with %v after %d bytes: %v", failure, bytesFirst, err)
			}
			return // broken off before the header went out
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if resp.StatusCode != status || (err == nil) != whole {
			t.Errorf("fails with %v after %d bytes: %d, %d bytes, %v", failure, bytesFirst, resp.StatusCode, len(body), err)
		}
		if whole && (bytes.Contains(body, []byte("xx")) || !bytes.Contains(body, []byte(`"error"`))) {
			t.Errorf("fails with %v after %d bytes: %q", failure, bytesFirst, body)
		}
	}
	failed := errors.New("storage broke")
	f(0, failed, 500, true)
	f(100, failed, 500, true) // still held back
	f(100, nil, 500, true)
	f(10_000, failed, 200, false)
	f(1_000_000, failed, 200, false)
	f(1_000_000, nil, 200, false)
}

func TestBugsAreToldAsTheRouteTellsErrors(t *testing.T) {
	s, err := New(Config{UI: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	route := api.Route{Method: "GET", Pattern: "/x", Cost: api.Public,
		Handle: func(http.ResponseWriter, *http.Request) error { panic("a bug") },
		Fail: func(w http.ResponseWriter, e *api.Error, id string) {
			http.Error(w, "in its own words: "+e.Message, e.Code.Status())
		}}
	w := httptest.NewRecorder()
	s.around(s.route(route)).ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/x", nil))
	if w.Code != 500 || w.Body.String() != "in its own words: something went wrong in Sightline\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
