package query_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/jaeger"
	"github.com/sightline/sightline/query/jaeger/apiv3"
	"github.com/sightline/sightline/storage/traces"
)

// steppedShop has what only Jaeger's API reads.
type steppedShop struct{ *shop }

func (s steppedShop) OperationSteps(ctx context.Context, q traces.ServiceQuery) ([]traces.OperationRow, error) {
	return s.Operations(ctx, q)
}

// brokenShop fails in a way that nobody has thought of.
type brokenShop struct{ steppedShop }

func (brokenShop) Services(context.Context, traces.ServiceQuery) ([]traces.NodeRow, error) {
	panic("a bug")
}

func withJaeger(s *shop) func(*query.Config) {
	return func(c *query.Config) { c.Jaeger = jaeger.Deps{Spans: s, Rollups: steppedShop{s}} }
}

// dial gives a client of API v3 for a server at an address.
func dial(t *testing.T, addr string, creds credentials.TransportCredentials) apiv3.QueryServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return apiv3.NewQueryServiceClient(conn)
}

// receive gives the spans of a stream.
func receive(t *testing.T, stream grpc.ServerStreamingClient[trace.TracesData], err error) (names []string, failed error) {
	t.Helper()
	for err == nil {
		var data *trace.TracesData
		data, err = stream.Recv()
		for _, rs := range data.GetResourceSpans() {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					names = append(names, s.Name)
				}
			}
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}

func TestJaegerOverGRPC(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	certified := httptest.NewTLSServer(http.NotFoundHandler())
	certified.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	for name, secure := range map[string]bool{"plain": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			creds := insecure.NewCredentials()
			addr, stop := serve(t, newServer(t, &shop{}, func(c *query.Config) {
				withJaeger(&shop{})(c)
				if secure {
					c.TLS = &tls.Config{Certificates: certified.TLS.Certificates}
					creds = credentials.NewTLS(&tls.Config{RootCAs: roots})
				}
			}))
			defer stop()
			client := dial(t, addr, creds)
			services, err := client.GetServices(t.Context(), &apiv3.GetServicesRequest{})
			if err != nil || !strings.Contains(fmt.Sprint(services.Services), "checkout") {
				t.Fatalf("services %v, %v", services, err)
			}
			stream, err := client.GetTrace(t.Context(), &apiv3.GetTraceRequest{TraceId: shopTrace.String()})
			names, err := receive(t, stream, err)
			if err != nil || len(names) != len(shopSpans()) || names[0] != "POST /buy" {
				t.Errorf("trace %q, %v", names, err)
			}
			in := &apiv3.TraceQueryParameters{ServiceName: "web", StartTimeMin: timestamppb.New(now.Add(-time.Hour)), StartTimeMax: timestamppb.New(now)}
			stream, err = client.FindTraces(t.Context(), &apiv3.FindTracesRequest{Query: in})
			if names, err = receive(t, stream, err); err != nil || len(names) < len(shopSpans()) {
				t.Errorf("search %q, %v", names, err)
			}
			summaries, err := client.FindTraceSummaries(t.Context(), &apiv3.FindTraceSummariesRequest{Query: in})
			if err != nil {
				t.Fatal(err)
			}
			if page, err := summaries.Recv(); err != nil || len(page.Summaries) == 0 || page.Summaries[0].TraceId == "" {
				t.Errorf("summaries %v, %v", page, err)
			}
			if _, err := summaries.Recv(); !errors.Is(err, io.EOF) {
				t.Errorf("the stream goes on with %v", err)
			}
			operations, err := client.GetOperations(t.Context(), &apiv3.GetOperationsRequest{Service: "web"})
			if err != nil || len(operations.Operations) == 0 {
				t.Errorf("operations %v, %v", operations, err)
			}
			links, err := client.GetDependencies(t.Context(), &apiv3.GetDependenciesRequest{StartTime: in.StartTimeMin, EndTime: in.StartTimeMax})
			if err != nil || len(links.Dependencies) == 0 {
				t.Errorf("dependencies %v, %v", links, err)
			}
			_, err = client.GetOperations(t.Context(), &apiv3.GetOperationsRequest{})
			wantCode(t, err, codes.InvalidArgument, "service is required")
			stream, err = client.FindTraces(t.Context(), &apiv3.FindTracesRequest{Query: &apiv3.TraceQueryParameters{}})
			_, err = receive(t, stream, err)
			wantCode(t, err, codes.InvalidArgument, "are required")
			_, err = client.GetOperations(t.Context(), &apiv3.GetOperationsRequest{Service: strings.Repeat("x", 100<<10)})
			wantCode(t, err, codes.ResourceExhausted, "")
		})
	}
}

func wantCode(t *testing.T, err error, want codes.Code, message string) {
	t.Helper()
	if s := status.Convert(err); s.Code() != want || !strings.Contains(s.Message(), message) {
		t.Errorf("got %v, want %s %q", err, want, message)
	}
}

func TestErrorsOverGRPC(t *testing.T) {
	f := func(name string, change func(*query.Config), want codes.Code, message string) {
		t.Helper()
		addr, stop := serve(t, newServer(t, &shop{}, change))
		defer stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := dial(t, addr, insecure.NewCredentials()).GetServices(ctx, &apiv3.GetServicesRequest{})
		if s := status.Convert(err); s.Code() != want || !strings.Contains(s.Message(), message) {
			t.Errorf("%s: %v, want %s %q", name, err, want, message)
		}
	}
	f("engine", withJaeger(&shop{err: errEngine}), codes.Unavailable, "restarting")
	f("secret", withJaeger(&shop{err: errors.New("secret")}), codes.Internal, "something went wrong in Sightline: the log has the details")
	f("missing", withJaeger(&shop{err: traces.ErrNotFound}), codes.NotFound, "")
	f("panic", func(c *query.Config) {
		c.Jaeger = jaeger.Deps{Spans: &shop{}, Rollups: brokenShop{steppedShop{&shop{}}}}
	}, codes.Internal, "something went wrong")
	f("time", func(c *query.Config) {
		withJaeger(&shop{block: make(chan struct{})})(c)
		c.Timeout = 10 * ms
	}, codes.DeadlineExceeded, "too long")
	f("host", func(c *query.Config) { c.Listen = "127.0.0.2:1"; withJaeger(&shop{})(c) }, codes.OK, "")
	f("off", nil, codes.Unknown, "405")
}

func TestGRPCAsksWhoComes(t *testing.T) {
	addr, stop := serve(t, newServer(t, &shop{}, func(c *query.Config) {
		withJaeger(&shop{})(c)
		c.Auth = &login{}
	}))
	defer stop()
	client := dial(t, addr, insecure.NewCredentials())
	f := func(authorization string, want codes.Code, message string) {
		t.Helper()
		ctx := t.Context()
		if authorization != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
		}
		_, err := client.GetServices(ctx, &apiv3.GetServicesRequest{})
		wantCode(t, err, want, message)
	}
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	f("", codes.Unauthenticated, "this needs a login")
	f("Bearer t2", codes.Unauthenticated, "not valid")
	f("Bearer t1", codes.OK, "")
	f(basic("ada:lovelace"), codes.OK, "")
	f(basic("anything:t1"), codes.OK, "")
	for range 4 {
		f(basic("ada:wrong"), codes.Unauthenticated, "wrong")
	}
	f(basic("ada:wrong"), codes.ResourceExhausted, "too many attempts")
}

// TestJaegersErrorsAreItsOwn goes through the server, which answers for what happens before a handler is asked.
func TestJaegersErrorsAreItsOwn(t *testing.T) {
	srv := newServer(t, &shop{}, func(c *query.Config) {
		withJaeger(&shop{err: errEngine})(c)
		c.Auth = &login{}
	})
	f := func(target, token, want string) {
		t.Helper()
		r := request("GET", target)
		r.Header.Set("Authorization", "Bearer "+token)
		if got := strings.TrimSpace(do(srv, r).Body.String()); !strings.HasPrefix(got, want) {
			t.Errorf("GET %s = %s, want %s", target, got, want)
		}
	}
	f("/jaeger/api/services", "x", `{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":401,"msg":"`)
	f("/jaeger/api/services", "t1", `{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":503,"msg":"`)
	f("/jaeger/api/v3/services", "t1", `{"error":{"httpCode":503,"message":"`)
	f("/jaeger/nothing", "t1", `{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"`)
}
