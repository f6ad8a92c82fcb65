package otlp

import (
	"testing"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/canary/content"
)

func marshal(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPartialSuccessIsNoAcknowledgement(t *testing.T) {
	if n, message, err := Rejected(content.Logs, nil); n != 0 || message != "" || err != nil {
		t.Errorf("an empty answer: %d, %q, %v", n, message, err)
	}
	answer := marshal(t, &collogs.ExportLogsServiceResponse{PartialSuccess: &collogs.ExportLogsPartialSuccess{RejectedLogRecords: 2, ErrorMessage: "too old"}})
	if n, message, err := Rejected(content.Logs, answer); n != 2 || message != "too old" || err != nil {
		t.Errorf("%d, %q, %v", n, message, err)
	}
	if _, _, err := Rejected(content.Logs, []byte("no protobuf")); err == nil {
		t.Error("an answer that can't be read is an acknowledgement")
	}
}

func TestWhatAnAnswerSays(t *testing.T) {
	if got := said("application/x-protobuf", marshal(t, &spb.Status{Code: 16, Message: "no valid\nkey"})); got != "no valid key" {
		t.Errorf("a Status says %q", got)
	}
	if got := said("text/plain", []byte("bad gateway\n")); got != "bad gateway" {
		t.Errorf("a text says %q", got)
	}
}

func TestEndpoints(t *testing.T) {
	f := func(protocol, endpoint string, good bool) {
		t.Helper()
		s, err := New(protocol, endpoint, "")
		if (err == nil) != good {
			t.Errorf("%s %s: %v", protocol, endpoint, err)
		}
		if err == nil {
			s.Close()
		}
	}
	f("http", "http://127.0.0.1:4318", true)
	f("grpc", "https://sightline.internal", true)
	f("http", "127.0.0.1:4318", false)
	f("udp", "http://127.0.0.1:4318", false)
}
