package traces_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/traces"
)

const (
	secretJWT    = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
	secretAWS    = "AKIAIOSFODNN7EXAMPLE"
	secretCard   = "4111 1111 1111 1111"
	secretNumber = 5555555555554444
	secretWord   = "hunter2hunter2"
)

// secretive has a secret wherever a text can stand.
func secretive() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.SetSchemaUrl("https://schemas.example/?token=" + secretWord)
	res := rs.Resource().Attributes()
	res.PutStr("service.name", "checkout "+secretAWS)
	res.PutStr("service.version", "1 "+secretJWT)
	res.PutStr("db.password", secretWord)
	res.PutEmptySlice("process.command_args").AppendEmpty().SetStr("--password=" + secretWord)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("lib " + secretAWS)
	ss.Scope().Attributes().PutStr("api_key", secretWord)
	ss.Scope().Attributes().PutStr("x", "Bearer "+secretJWT)
	s := ss.Spans().AppendEmpty()
	s.SetTraceID([16]byte{1})
	s.SetSpanID([8]byte{1})
	s.SetName("GET /cb?code=1&token=" + secretWord)
	s.SetKind(ptrace.SpanKindClient)
	s.TraceState().FromRaw("vendor=" + secretAWS)
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(day0))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(day0))
	s.Status().SetMessage("rejected " + secretJWT)
	a := s.Attributes()
	for key, v := range map[string]string{
		"http.request.header.authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+secretWord)),
		"http.request.header.cookie":        "sid=" + secretWord,
		"url.full":                          "https://user:" + secretWord + "@shop.example/p?api_key=" + secretWord,
		"server.address":                    "tcp://user:" + secretWord + "@db.example",
		"db.namespace":                      "Password=" + secretWord + ";",
		"db.system.name":                    secretAWS,
		"http.route":                        "/x/" + secretAWS,
		"note":                              "card " + secretCard + " and key " + secretAWS,
		"invalid":                           "token=" + secretWord + " \xff\xfe",
		"long":                              strings.Repeat("x", 32700) + " password=" + secretWord + " " + strings.Repeat("y", 5000),
		"key " + secretAWS:                  "v",
		"peer.service":                      "billing " + secretAWS,
	} {
		a.PutStr(key, v)
	}
	a.PutInt("order.card", secretNumber)
	a.PutEmptyBytes("blob").FromRaw([]byte("password=" + secretWord))
	a.PutEmptyBytes("client_secret").FromRaw([]byte(secretWord))
	nested := a.PutEmptyMap("body")
	nested.PutStr("password", secretWord)
	nested.PutEmptyMap("credentials").PutStr("any", secretWord)
	nested.PutEmptySlice("lines").AppendEmpty().SetStr("Authorization: Bearer " + secretJWT)
	nested.PutEmptyBytes("raw").FromRaw([]byte(secretAWS))
	nested.PutStr(secretAWS, "v")
	e := s.Events().AppendEmpty()
	e.SetName("login " + secretAWS)
	e.Attributes().PutStr("exception.message", "bad password: "+secretAWS)
	e.Attributes().PutStr("cookie", secretWord)
	e.Attributes().PutInt("pan", secretNumber)
	l := s.Links().AppendEmpty()
	l.TraceState().FromRaw("k=" + secretAWS)
	l.Attributes().PutStr("session_token", secretWord)
	return td
}

func TestSecretsAreNotInTheBlocks(t *testing.T) {
	body := marshal(t, secretive())
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Redact: true})
	for range 2 { // what was seen before is looked at again
		if err := b.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	for _, block := range b.Blocks() {
		data := block.Body.Bytes()
		for _, secret := range []string{secretJWT, "eyJ", secretAWS, secretCard, secretWord, "5555555555554444"} {
			if i := bytes.Index(data, []byte(secret)); i >= 0 {
				t.Errorf("%s holds %q: %q", block.Table, secret, data[max(0, i-60):min(len(data), i+60)])
			}
			for shift := range 3 { // base64 of a text that holds it, at any alignment
				b64 := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
				if len(b64) >= 20 && bytes.Contains(data, []byte(b64[4:len(b64)-4])) {
					t.Errorf("%s holds %q in base64", block.Table, secret)
				}
			}
		}
	}
	if s := b.Stats(); len(s) != 1 || s[0].Redacted < 30 {
		t.Errorf("counts are %+v", s)
	}

	kept := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	if err := kept.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
		t.Fatal(err)
	}
	compare(t, spansOf(t, kept), model{"default", day0, batch.Policy{}}.rows(secretive(), nil))
}
