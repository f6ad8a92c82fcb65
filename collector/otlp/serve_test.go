package otlp

import (
	"bytes"
	"encoding/binary"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOriginsMatchWholeNames(t *testing.T) {
	t.Parallel()
	f := func(list, origin string, want bool) {
		t.Helper()
		if got := allowed(strings.Fields(list), origin); got != want {
			t.Errorf("allowed(%q, %q) = %v", list, origin, got)
		}
	}
	f("", "https://a.example", false)
	f("*", "https://a.example", true)
	f("https://a.example", "https://a.example", true)
	f("https://a.example", "HTTPS://A.example", true)
	f("https://a.example", "https://a.example:8443", false)
	f("https://*.example", "https://a.b.example", true)
	f("https://*.example", "https://.example.evil", false)
	f("https://a*a.example", "https://a.example", false)
}

func TestStatusMessagesSurviveHeaders(t *testing.T) {
	t.Parallel()
	if got := percent("100 % of \"ü\"\r\nX: y"); got != `100 %25 of "%C3%BC"%0D%0AX: y` {
		t.Errorf("percent gives %q", got)
	}
}

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

func cpuTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkServe is what a request costs from its first byte to its answer, the socket left out: receive, hash, walk, journal.
func BenchmarkServe(b *testing.B) {
	const spans = 512
	for _, media := range []string{mediaGRPC, admission.MediaProtobuf, admission.MediaJSON} {
		for _, coding := range []string{"", "gzip", "zstd"} {
			b.Run(strings.TrimPrefix(media, "application/")+"/"+coding, func(b *testing.B) {
				j, err := journal.Open(journal.Config{Dir: b.TempDir(), Reserve: -1, Keep: 5 * time.Second})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { j.Close() })
				in := NewIntake(j, admission.Open{}, admission.Limits{}, admission.NewAccounts(), slog.New(slog.DiscardHandler))
				h := &handler{in: in}
				// Bodies differ from each other, so that none is a retry; there are as many as a minute has at full load.
				bodies := make([][]byte, 64)
				for i := range bodies {
					bodies[i] = sample.Request(uint64(i), spans, time.Now())
					if media == admission.MediaJSON {
						bodies[i] = sample.JSON(uint64(i), spans, time.Now())
					}
					bodies[i] = pack(b, coding, bodies[i])
					if media == mediaGRPC {
						flag := byte(1)
						if coding == "" {
							flag = 0
						}
						bodies[i] = append(binary.BigEndian.AppendUint32([]byte{flag}, uint32(len(bodies[i]))), bodies[i]...)
					}
				}
				path := signals[0].path
				if media == mediaGRPC {
					path = signals[0].method
				}
				req, err := http.NewRequest(http.MethodPost, path, nil)
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("Content-Type", media)
				if coding != "" {
					req.Header.Set("Content-Encoding", coding)
					req.Header.Set("Grpc-Encoding", coding)
				}
				req.ProtoMajor = 2
				w := &sink{header: http.Header{}}
				var body bytes.Reader
				b.ReportAllocs()
				start, n := cpuTime(), 0
				for b.Loop() {
					body.Reset(bodies[n%len(bodies)])
					if n++; n%len(bodies) == 0 {
						in.Journal = otherID{j, uint64(n)}
					}
					req.Body = io.NopCloser(&body)
					req.ContentLength = body.Size()
					h.ServeHTTP(w, req)
					if w.status != 0 && w.status != http.StatusOK || w.header.Get(http.TrailerPrefix+"Grpc-Status") > "0" {
						b.Fatalf("answer %d %v", w.status, w.header)
					}
					j.Release(j.End())
				}
				b.ReportMetric(float64(cpuTime()-start)/float64(n)/spans, "cpu-ns/span")
			})
		}
	}
}

// otherID makes equal bodies different requests.
type otherID struct {
	*journal.Journal
	salt uint64
}

func (o otherID) IngestID(project string, signal uint8, body []byte) [16]byte {
	id := o.Journal.IngestID(project, signal, body)
	binary.LittleEndian.PutUint64(id[:], binary.LittleEndian.Uint64(id[:])+o.salt)
	return id
}
