package api_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sightline/sightline/query/api"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x00\n\x7f", "ü€\U0001F600", "\xff\xfe", "\u2028\u2029", "</script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		if err := json.Unmarshal(api.AppendString(nil, text), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if want := strings.ToValidUTF8(text, "\xff"); utf8.ValidString(text) && got != want {
			t.Errorf("%q came back as %q", text, got)
		}
	})
}

func TestStreamMakesJSON(t *testing.T) {
	w := httptest.NewRecorder()
	s := api.NewStream(w)
	s.Open('{')
	s.Key("empty")
	s.Open('[')
	s.Close(']')
	s.Key("ints")
	s.Open('[')
	for i := range int64(100_000) {
		s.Int(i - 5)
	}
	s.Close(']')
	s.Key("rest")
	s.Open('[')
	s.String("a\"b")
	s.Bool(true)
	s.Value(map[string]int{"x": 1})
	s.Raw([]byte("null"))
	s.Close(']')
	s.Close('}')
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Empty []int
		Ints  []int64
		Rest  []any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Empty == nil || len(got.Ints) != 100_000 || got.Ints[99_999] != 99_994 || len(got.Rest) != 4 {
		t.Errorf("%d ints, rest %v", len(got.Ints), got.Rest)
	}
}

func TestErrorsHaveOneShape(t *testing.T) {
	f := func(err error, status int, want string) {
		t.Helper()
		w := httptest.NewRecorder()
		api.WriteError(w, api.AsError(err), "id1")
		if got := strings.TrimSpace(w.Body.String()); w.Code != status || got != want {
			t.Errorf("%v:\n%d %s\nwant\n%d %s", err, w.Code, got, status, want)
		}
	}
	f(&api.Error{Code: api.BadQuery, Message: "m", Hint: "h", Position: 17}, 400,
		`{"error":{"code":"bad_query","message":"m","hint":"h","position":17,"request_id":"id1"}}`)
	f(errors.New("secret path /x"), 500,
		`{"error":{"code":"internal","message":"something went wrong in Sightline","hint":"the log has the details under the request id","position":null,"request_id":"id1"}}`)
	f(api.Errorf(api.NotFound, "no trace %s", "ab"), 404,
		`{"error":{"code":"not_found","message":"no trace ab","hint":"","position":null,"request_id":"id1"}}`)
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	w := httptest.NewRecorder()
	api.WriteError(w, &api.Error{Code: api.EngineRestarting, RetryAfter: 1200 * time.Millisecond}, "")
	if got := w.Header().Get("Retry-After"); got != "2" || w.Code != 503 {
		t.Errorf("%d, Retry-After %q", w.Code, got)
	}
}
