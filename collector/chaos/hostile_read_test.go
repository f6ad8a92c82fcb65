package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
)

var nonces atomic.Int64

// newNonce is what a delivery's items are found by.
func newNonce() string { return fmt.Sprintf("n%d-%d", time.Now().UnixNano(), nonces.Add(1)) }

// oddMetrics is a row of a request with metrics.
func oddMetrics(name string, fill func(pmetric.MetricSlice)) row {
	return row{name: name, signal: "metrics", http: 200, request: func(form) *delivery {
		q := &delivery{nonce: newNonce()}
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr("service.name", "hostile")
		rm.Resource().Attributes().PutStr("nonce", q.nonce)
		fill(rm.ScopeMetrics().AppendEmpty().Metrics())
		r := pmetricotlp.NewExportRequestFromMetrics(md)
		var err, err2 error
		q.pb, err = r.MarshalProto()
		q.js, err2 = r.MarshalJSON()
		if err != nil || err2 != nil {
			panic(fmt.Sprint(err, err2))
		}
		q.items = uint64(md.DataPointCount())
		return q
	}}
}

// oddLogs is a row of a request with three log records, of which the second is changed.
func oddLogs(name string, change func(plog.LogRecord)) row {
	return row{name: name, signal: "logs", http: 200, request: func(form) *delivery {
		q := &delivery{nonce: newNonce(), items: 3}
		ld := plog.NewLogs()
		rl := ld.ResourceLogs().AppendEmpty()
		rl.Resource().Attributes().PutStr("service.name", "hostile")
		rl.Resource().Attributes().PutStr("nonce", q.nonce)
		records := rl.ScopeLogs().AppendEmpty().LogRecords()
		for range 3 {
			l := records.AppendEmpty()
			l.SetTimestamp(now())
			l.Body().SetStr("fine")
		}
		records.At(1).Attributes().PutBool("odd", true)
		change(records.At(1))
		r := plogotlp.NewExportRequestFromLogs(ld)
		var err, err2 error
		q.pb, err = r.MarshalProto()
		q.js, err2 = r.MarshalJSON()
		if err != nil || err2 != nil {
			panic(fmt.Sprint(err, err2))
		}
		return q
	}}
}

// attrs are an item's attributes.
type attrs []attr

// attr is an attribute as "type value"; "" if it is not there.
func (list attrs) attr(key string) string {
	for _, a := range list {
		if a.Key == key {
			return a.Type + " " + a.Value
		}
	}
	return ""
}

// record is what the API tells of a log record.
type record struct {
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
	Sent     string    `json:"time_unix_nano"`
	Observed string    `json:"observed_time_unix_nano"`
	Number   int32     `json:"severity_number"`
	Text     string    `json:"severity_text"`
	Body     struct{ Type, Value string }
	Attrs    attrs `json:"attributes"`
}

func (l *record) attr(key string) string { return l.Attrs.attr(key) }

// is wants a body as "type value".
func (l *record) is(t *testing.T, body string) *record {
	t.Helper()
	if got := l.Body.Type + " " + l.Body.Value; got != body {
		t.Errorf("the body is %.100q, want %q", got, body)
	}
	return l
}

// sanitized wants the record to be marked with these reasons and no others.
func (l *record) sanitized(t *testing.T, reasons ...string) {
	t.Helper()
	got := l.attr("sightline.sanitized")
	for _, r := range reasons {
		if !strings.Contains(got, strconv.Quote(r)) {
			t.Errorf("it is not marked as %s: %q", r, got)
		}
	}
	if strings.Count(got, `"stringValue"`) != len(reasons) {
		t.Errorf("it is marked as %q, want %q", got, reasons)
	}
}

// records are those of the request that are stored.
func (s *stored) records() (found []record) {
	s.t.Helper()
	var page struct{ Records []record }
	if err := s.p.get("/api/logs?from=now-6h&to=now%2B6h&q="+url.QueryEscape(`resource.nonce = "`+s.q.nonce+`"`), &page); err != nil {
		s.t.Error(err)
	}
	return page.Records
}

// record is the changed one, whole.
func (s *stored) record() *record {
	s.t.Helper()
	all := s.records()
	if len(all) != 3 {
		s.t.Fatalf("%d records are stored", len(all))
	}
	for i := range all {
		if all[i].attr("odd") == "" {
			continue
		}
		var whole record
		if err := s.p.get("/api/logs/"+all[i].ID, &whole); err != nil {
			s.t.Fatal(err)
		}
		return &whole
	}
	s.t.Fatal("the odd record is not among them")
	return nil
}

// series is what the API tells of one.
type series struct {
	Kind, Temporality string
	Monotonic         bool
	Attrs             attrs `json:"attributes"`
	Points            []dataPoint
}

func (x *series) attr(key string) string { return x.Attrs.attr(key) }

type dataPoint struct {
	t             *testing.T
	Time, Start   string
	Flags         uint32
	Type          string
	Value         json.RawMessage
	Count         json.RawMessage
	Bounds        []float64
	Counts        []uint64
	Scale         int32
	ZeroThreshold float64 `json:"zero_threshold"`
	Positive      *struct {
		Offset int32
		Counts []uint64
	}
}

// is wants "type value", the value as it is in JSON, and flags.
func (p *dataPoint) is(want string, flags uint32) {
	p.t.Helper()
	if got := p.Type + " " + string(p.Value); got != want || p.Flags != flags {
		p.t.Errorf("the point is %s with flags %d, want %s with %d", got, p.Flags, want, flags)
	}
}

func (s *stored) allSeries(name string) []series {
	s.t.Helper()
	var found struct{ Series []series }
	path := "/api/metrics/" + url.PathEscape(name) + "/points?from=now-6h&to=now%2B6h&match=" + url.QueryEscape(`{resource.nonce="`+s.q.nonce+`"}`)
	if err := s.p.get(path, &found); err != nil {
		s.t.Error(err)
	}
	return found.Series
}

// none wants that nothing of a metric is stored.
func (s *stored) none(name string) {
	s.t.Helper()
	if n := len(s.allSeries(name)); n != 0 {
		s.t.Errorf("%q has %d series", name, n)
	}
}

// series is the only one of a metric in the request.
func (s *stored) series(name string) *series {
	s.t.Helper()
	all := s.allSeries(name)
	if len(all) != 1 {
		s.t.Fatalf("%q has %d series", name, len(all))
	}
	return &all[0]
}

// point is the only one of a metric in the request.
func (s *stored) point(name string) *dataPoint {
	s.t.Helper()
	all := s.series(name)
	if len(all.Points) != 1 {
		s.t.Fatalf("%q has %d points", name, len(all.Points))
	}
	p := &all.Points[0]
	p.t = s.t
	return p
}
