package collector_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
)

func unknownMethods(t *testing.T, addr string) {
	t.Helper()
	conn := dial(t, addr)
	for method, mentions := range map[string]string{
		"/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export": "does not store profiles",
		"/opentelemetry.proto.collector.trace.v1.TraceService/Import":                  "",
		"/opentelemetry.proto.collector.logs.v1.LogsService/Import":                    "",
		"/nobody/home": "takes traces",
	} {
		var in, out []byte
		err := conn.Invoke(context.Background(), method, &in, &out, grpc.ForceCodecV2(raw{}))
		if st, _ := status.FromError(err); st.Code() != codes.Unimplemented || !strings.Contains(st.Message(), mentions) {
			t.Errorf("%s gets %v", method, err)
		}
	}
}

// keys is an Authenticator of two projects; the key "panic" is our bug.
type keys struct{}

func (keys) Authenticate(key string) (string, bool) {
	switch key {
	case "a", "b":
		return "project-" + key, true
	case "panic":
		panic("a bug in the authenticator")
	}
	return "", false
}

func TestKeysDecideWhoMaySendAndWhereItGoes(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, Log: nil})
	conn := dial(t, grpcAddr)
	good, _ := traces(func(ptrace.SpanSlice) {})
	for _, f := range []struct {
		header, value string
		http          int
		code          codes.Code
	}{
		{"authorization", "Bearer a", 200, codes.OK},
		{"authorization", "bearer  a", 200, codes.OK},
		{"x-sightline-ingest-key", "b", 200, codes.OK},
		{"authorization", "Bearer wrong", 401, codes.Unauthenticated},
		{"authorization", "Basic YTph", 401, codes.Unauthenticated},
		{"authorization", "a", 401, codes.Unauthenticated},
		{"x-none", "a", 401, codes.Unauthenticated},
		{"authorization", "Bearer panic", 500, codes.Internal},
	} {
		got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(good), f.header, f.value)
		if got.http != f.http || got.code != f.code || got.retryAfter != 0 {
			t.Errorf("%s: %s gets %+v", f.header, f.value, got)
		}
		if got := invoke(t, conn, "", good, f.header, f.value); got.code != f.code || got.retryAfter != 0 {
			t.Errorf("grpc %s: %s gets %+v", f.header, f.value, got)
		}
	}
	a := c.Accounts()
	of := func(project string) admission.Account { return a.Of(project, journal.SignalTraces) }
	if of("project-a").Accepted != 10 || of("project-a").Deduplicated != 30 || of("project-b").Accepted != 10 {
		t.Errorf("accounts %+v", a)
	}
	if a.Refused[admission.ReasonAuth] != 8 || a.Refused[admission.ReasonInternal] != 2 {
		t.Errorf("refused %v", a.Refused)
	}
	accountsAgree(t, c, j)
}

func TestPressureIsRetryableWithAHintAndPasses(t *testing.T) {
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1, MaxBytes: 32 << 10, Codec: journal.CodecNone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j})
	conn := dial(t, grpcAddr)
	var refused []byte
	for i := range 100 {
		refused = sample.Request(uint64(i), 10, time.Now())
		if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(refused)); got.http != 200 {
			if got.http != 503 || got.code != codes.Unavailable || got.retryAfter < time.Second || !strings.Contains(got.message, "err-sightline-journal-full") {
				t.Errorf("full: %+v", got)
			}
			break
		}
	}
	if got := invoke(t, conn, "", refused); got.code != codes.Unavailable || got.retryAfter < time.Second {
		t.Errorf("full, grpc: %+v", got)
	}
	j.Release(j.End())
	deadline := time.Now().Add(time.Minute)
	for invoke(t, conn, "gzip", refused).code != codes.OK {
		if time.Now().After(deadline) {
			t.Fatal("it never takes requests again")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if c.Accounts().Refused[admission.ReasonBackpressure] < 2 {
		t.Errorf("refused %v", c.Accounts().Refused)
	}
}

func TestProjectOverItsRateIsAskedToSlowDown(t *testing.T) {
	j := openJournal(t)
	_, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, Limits: admission.Limits{Request: 64 << 10, Rate: 1 << 10}})
	conn := dial(t, grpcAddr)
	body := sample.Request(1, 100, time.Now())
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(body), "authorization", "Bearer a"); got.http != 200 {
		t.Errorf("within the burst: %+v", got)
	}
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(body), "authorization", "Bearer a"); got.http != 429 || got.code != codes.ResourceExhausted || got.retryAfter < time.Second {
		t.Errorf("over the rate: %+v", got)
	}
	if got := invoke(t, conn, "", body, "authorization", "Bearer a"); got.code != codes.ResourceExhausted || got.retryAfter < time.Second {
		t.Errorf("over the rate, grpc: %+v", got)
	}
	if got := invoke(t, conn, "", body, "authorization", "Bearer b"); got.code != codes.OK {
		t.Errorf("another project: %+v", got)
	}
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	j := openJournal(t)
	_, _, httpAddr := run(t, collector.Config{Journal: j, Limits: admission.Limits{Request: 1 << 20, InFlight: 256 << 10}})
	body := sample.Request(1, 400, time.Now())
	reader, writer := io.Pipe()
	first := make(chan reply, 1)
	go func() { first <- post(t, httpAddr, admission.MediaProtobuf, "", reader) }()
	if _, err := writer.Write(body[:len(body)-1]); err != nil { // it holds its bytes until it is whole
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(body))
		if got.http == 503 && got.retryAfter > 0 && strings.Contains(got.message, "err-sightline-in-flight") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a second one gets %+v", got)
		}
	}
	writer.Write(body[len(body)-1:])
	writer.Close()
	if got := <-first; got.http != 200 {
		t.Errorf("the first gets %+v", got)
	}
}

func TestWebPagesNeedTheirOriginOnTheList(t *testing.T) {
	j := openJournal(t)
	_, _, httpAddr := run(t, collector.Config{Journal: j, CORSOrigins: []string{"https://shop.example", "https://*.apps.example"}})
	good, _ := traces(func(ptrace.SpanSlice) {})
	for origin, allowed := range map[string]bool{
		"https://shop.example": true, "https://a.apps.example": true, "https://shop.example.evil": false, "http://shop.example": false,
		"https://apps.example": false, "null": false, "http://rebound.evil:4318": false,
	} {
		req, _ := http.NewRequest("OPTIONS", "http://"+httpAddr+"/v1/traces", nil)
		req.Header.Set("Origin", origin)
		req.Header.Set("Access-Control-Request-Method", "POST")
		req.Header.Set("Access-Control-Request-Headers", "content-type,x-sightline-ingest-key")
		got := do(t, req)
		if allowed != (got.http == 204 && got.header.Get("Access-Control-Allow-Origin") == origin) {
			t.Errorf("preflight of %s gets %+v", origin, got)
		}
		got = post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(good), "Origin", origin)
		if allowed != (got.http == 200 && got.header.Get("Access-Control-Allow-Origin") == origin) || !allowed && got.http != 403 {
			t.Errorf("post of %s gets %+v", origin, got)
		}
	}
}

func TestClientsThatBreakOffLeaveNothing(t *testing.T) {
	j := openJournal(t)
	c, _, httpAddr := run(t, collector.Config{Journal: j, Limits: admission.Limits{Receive: 2 * time.Second}})
	body := sample.Request(1, 30, time.Now())
	for _, chunked := range []bool{false, true} {
		for cut := 0; cut < len(body); cut += 1 << 10 {
			conn, err := net.Dial("tcp", httpAddr)
			if err != nil {
				t.Fatal(err)
			}
			head := "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
			if chunked {
				fmt.Fprintf(conn, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s", head, len(body), body[:cut])
			} else {
				fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body[:cut])
			}
			conn.Close()
		}
	}
	// One that is whole but does not wait for its answer is stored, and its retry adds nothing.
	conn, err := net.Dial("tcp", httpAddr)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	r := j.Reader(journal.Position{})
	defer r.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e, err := r.Next(ctx)
	if err != nil || e.Record.Items != 30 {
		t.Fatalf("%+v, %v", e, err)
	}
	conn.Close()
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(body)); got.http != 200 {
		t.Errorf("the retry gets %+v", got)
	}
	if e, err = r.Next(ctx); err != nil || e.Record.Deduplicated != 30 {
		t.Errorf("%+v, %v", e, err)
	}
	accountsAgree(t, c, j)
	if a := c.Accounts().Of("default", journal.SignalTraces); a.Accepted != 30 || a.Deduplicated != 30 {
		t.Errorf("accounts %+v", a)
	}
}

func TestSlowClientsAreLetGo(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Limits: admission.Limits{Receive: 100 * time.Millisecond}})
	for _, start := range []string{"POST /v1/traces HTTP/1.1\r\nHost:", "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1000\r\n\r\nabc"} {
		conn, err := net.Dial("tcp", httpAddr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, start)
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("after %q the connection stays", start)
		}
		conn.Close()
	}
	stream, err := dial(t, grpcAddr).NewStream(context.Background(), &grpc.StreamDesc{ClientStreams: true}, exportMethod, grpc.ForceCodecV2(raw{}))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	if err := stream.RecvMsg(&out); status.Code(err) == codes.OK {
		t.Errorf("a call without a message gets %v", err)
	}
	if n := c.Accounts().Refused[admission.ReasonAborted]; n < 2 {
		t.Errorf("refused %v", c.Accounts().Refused)
	}
}

func TestEqualRequestsAtOnceAreStoredOnce(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j})
	conn := dial(t, grpcAddr)
	body := sample.Request(7, 50, time.Now())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if i%2 == 0 {
				if got := invoke(t, conn, "gzip", body); got.code != codes.OK {
					t.Errorf("%+v", got)
				}
			} else if got := post(t, httpAddr, admission.MediaProtobuf, "zstd", bytes.NewReader(compress(t, "zstd", body))); got.http != 200 {
				t.Errorf("%+v", got)
			}
		})
	}
	wg.Wait()
	if a := c.Accounts().Of("default", journal.SignalTraces); a.Accepted != 50 || a.Deduplicated != 15*50 {
		t.Errorf("accounts %+v", a)
	}
	accountsAgree(t, c, j)
}

// door is an Authenticator that says when somebody came.
type door chan struct{}

func (d door) Authenticate(string) (string, bool) {
	d <- struct{}{}
	return "default", true
}

func TestRequestsUnderWayEndWhenTheCollectorStops(t *testing.T) {
	j := openJournal(t)
	came := make(door, 1)
	c, err := collector.New(collector.Config{GRPC: "127.0.0.1:0", HTTP: "127.0.0.1:0", Journal: j, Auth: came})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-c.Ready()
	_, httpAddr := c.Addresses()
	body := sample.Request(7, 50, time.Now())
	reader, writer := io.Pipe()
	go func() {
		writer.Write(body[:100])
		<-came
		cancel()
		writer.Write(body[100:])
		writer.Close()
	}()
	if got := post(t, httpAddr, admission.MediaProtobuf, "", reader); got.http != 200 {
		t.Errorf("the request gets %+v", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
