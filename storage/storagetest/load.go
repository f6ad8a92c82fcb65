package storagetest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/traces"
)

// Base is when scripts begin unless a Loader says otherwise.
var Base = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// Loader writes trace scripts into a database by the way that all spans take: OTLP, Batch, INSERT. The zero value is ready.
type Loader struct {
	Base    time.Time // when the script begins; zero: storagetest.Base
	Project string    // "": default
	Policy  batch.Policy
}

// Loaded says what a script has become.
type Loaded struct {
	Base    time.Time
	Batch   batch.ID
	Spans   int
	Minutes []traces.Minute // whose rollups are to be made
}

// Load writes a trace script, or the file of that name if it ends in ".test", with a Loader's zero value.
func Load(t testing.TB, db *conn.DB, script string) Loaded {
	t.Helper()
	return Loader{}.Load(t, db, script)
}

// Load writes a trace script, or the file of that name if it ends in ".test". Rows are kept for ten years unless the policy says.
func (l Loader) Load(t testing.TB, db *conn.DB, text string) Loaded {
	t.Helper()
	if l.Base.IsZero() {
		l.Base = Base
	}
	if l.Project == "" {
		l.Project = "default"
	}
	if l.Policy.Days == 0 {
		l.Policy.Days = 3650
	}
	body, spans := Script(t, l.Base, text)
	id := batch.NewID([8]byte{'s', 'c', 'r', 'i', 'p', 't', byte(shared.next.Add(1))}, time.Now())
	rows := traces.NewBatch(id, l.Policy)
	if err := rows.Append(batch.Request{Project: l.Project, Received: l.Base.Add(time.Hour), Body: body, Items: spans}); err != nil {
		t.Fatal(err)
	}
	w := batch.NewWriter(db)
	for _, block := range rows.Blocks() {
		if err := w.Insert(t.Context(), block, fmt.Sprintf("%s/%s/%s", id, block.Table, block.Partition)); err != nil {
			t.Fatal(err)
		}
	}
	return Loaded{Base: l.Base, Batch: id, Spans: rows.Rows(), Minutes: rows.Minutes()}
}

// Script is a trace script, or the file of that name if it ends in ".test", as an ExportTraceServiceRequest: a ResourceSpans for every
// trace and service, in the order of the lines.
func Script(t testing.TB, base time.Time, text string) (body []byte, spans int) {
	t.Helper()
	if strings.HasSuffix(text, ".test") && !strings.Contains(text, "\n") {
		file, err := os.ReadFile(text)
		if err != nil {
			t.Fatal(err)
		}
		text = string(file)
	}
	s, err := parseScript(text, base)
	if err != nil {
		t.Fatalf("read trace script: %v", err)
	}
	request := &collector.ExportTraceServiceRequest{}
	for _, tr := range s.traces {
		of := map[string]*trace.ResourceSpans{}
		for _, sp := range tr.spans {
			rs := of[sp.service]
			if rs == nil {
				name := &common.KeyValue{Key: "service.name", Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: sp.service}}}
				rs = &trace.ResourceSpans{Resource: &resource.Resource{Attributes: append([]*common.KeyValue{name}, s.resources[sp.service]...)}}
				of[sp.service] = rs
				request.ResourceSpans = append(request.ResourceSpans, rs)
			}
			scope(rs, sp.scope).Spans = append(scope(rs, sp.scope).Spans, sp.span)
			spans++
		}
	}
	if body, err = proto.Marshal(request); err != nil {
		t.Fatal(err)
	}
	return body, spans
}

func scope(rs *trace.ResourceSpans, name string) *trace.ScopeSpans {
	for _, ss := range rs.ScopeSpans {
		if ss.Scope.Name == name {
			return ss
		}
	}
	ss := &trace.ScopeSpans{Scope: &common.InstrumentationScope{Name: name}}
	rs.ScopeSpans = append(rs.ScopeSpans, ss)
	return ss
}
