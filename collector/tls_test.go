package collector_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
)

// certificate writes one for 127.0.0.1 and returns the files, and the pool that trusts it.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sightline"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(certFile, certPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, pool
}

func TestBothProtocolsSpeakTLS(t *testing.T) {
	j := openJournal(t)
	certFile, keyFile, pool := certificate(t)
	_, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, CertFile: certFile, KeyFile: keyFile})
	good, _ := traces(func(ptrace.SpanSlice) {})
	conn, err := grpc.NewClient(grpcAddr, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: pool})))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := invoke(t, conn, "gzip", good); got.code != 0 {
		t.Errorf("grpc: %+v", got)
	}
	for _, protocol := range []string{"http/1.1", "h2"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: protocol == "h2", DisableKeepAlives: true}
		resp, err := (&http.Client{Transport: transport}).Post("https://"+httpAddr+"/v1/traces", admission.MediaProtobuf, bytes.NewReader(good))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 || (resp.ProtoMajor == 2) != (protocol == "h2") {
			t.Errorf("%s: %d %s", protocol, resp.StatusCode, resp.Proto)
		}
	}
	if _, err := collector.New(collector.Config{Journal: j, CertFile: certFile}); err == nil {
		t.Error("a certificate without its key is taken")
	}
}

func TestEitherPortSpeaksBothProtocols(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j})
	a, _ := traces(func(ptrace.SpanSlice) {})
	b, _ := traces(func(ptrace.SpanSlice) {})
	if got := post(t, grpcAddr, admission.MediaProtobuf, "", bytes.NewReader(a)); got.http != 200 {
		t.Errorf("HTTP on the port of gRPC: %+v", got)
	}
	if got := invoke(t, dial(t, httpAddr), "", b); got.code != 0 {
		t.Errorf("gRPC on the port of HTTP: %+v", got)
	}
	accountsAgree(t, c, j)
}

func TestGRPCCallsUnderWayEndWhenTheCollectorStops(t *testing.T) {
	j := openJournal(t)
	came := make(door, 1)
	c, err := collector.New(collector.Config{GRPC: "127.0.0.1:0", Journal: j, Auth: came})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-c.Ready()
	grpcAddr, _ := c.Addresses()
	conn := dial(t, grpcAddr)
	stream, err := conn.NewStream(context.Background(), &grpc.StreamDesc{ClientStreams: true}, exportMethod, grpc.ForceCodecV2(raw{}))
	if err != nil {
		t.Fatal(err)
	}
	<-came
	cancel()
	good, _ := traces(func(ptrace.SpanSlice) {})
	if err := stream.SendMsg(&good); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var out []byte
	if err := stream.RecvMsg(&out); err != nil {
		t.Errorf("the call gets %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
