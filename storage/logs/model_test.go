package logs_test

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode/encodetest"
)

const year2100 = uint64(4102444800) * 1e9

// row is a stored record, however it was read. Attributes and the body are type and text, as in `int 5`.
type row struct {
	Project                       string
	Time                          int64
	Sent, Observed                uint64 // as OTLP has them
	TraceID                       string
	SpanID                        uint64
	Flags                         uint32
	Severity                      int32
	SeverityText, EventName       string
	Body                          string
	Attrs                         map[string]string
	DroppedAttrs                  uint32
	Service, Namespace, Env, Vers string
	Scope                         encodetest.Scope
	Retention                     uint16
}

// model says what is stored of pdata's view of a request, by the rules of encodetest.Model.
type model struct {
	project  string
	received time.Time
	policy   batch.Policy
}

func (m model) rules() encodetest.Model { return encodetest.Model{Redact: m.policy.Redact} }

// rows are what is stored of a request, in its order, but for the records that were rejected.
func (m model) rows(ld plog.Logs, rejected map[int]bool) (rows []row) {
	ordinal := -1
	for _, rl := range ld.ResourceLogs().All() {
		from, service := m.rules().Resource(rl.Resource().Attributes())
		retention := m.policy.Logs.Of(service)
		for _, sl := range rl.ScopeLogs().All() {
			scope := m.rules().Scope(sl.Scope(), sl.SchemaUrl())
			for _, rec := range sl.LogRecords().All() {
				if ordinal++; rejected[ordinal] {
					continue
				}
				r := m.record(rec)
				r.Project, r.Retention, r.Scope = m.project, retention, scope
				r.Service, r.Namespace, r.Env, r.Vers = from.Service, from.Namespace, from.Env, from.Version
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func (m model) record(rec plog.LogRecord) row {
	l := encodetest.NewList()
	rules := m.rules()
	kept, keys, dropped := rules.Attributes(rec.Attributes(), l)
	id, traceID := rec.SpanID(), rec.TraceID()
	r := row{
		Sent: uint64(rec.Timestamp()), Observed: uint64(rec.ObservedTimestamp()), TraceID: string(traceID[:]), SpanID: binary.BigEndian.Uint64(id[:]),
		Flags: uint32(rec.Flags()), Severity: int32(rec.SeverityNumber()), DroppedAttrs: encodetest.Sum(rec.DroppedAttributesCount(), dropped),
	}
	received := max(m.received.UnixNano(), 0)
	r.Time = received
	switch {
	case r.Sent != 0 && r.Sent < year2100:
		r.Time = int64(r.Sent)
	case r.Observed != 0 && r.Observed < year2100:
		r.Time = int64(r.Observed)
	case r.Sent == 0 && r.Observed == 0:
		l.Reasons["ts_missing"] = true
	}
	if max(r.Sent, r.Observed) >= year2100 {
		l.Reasons["ts_range"] = true
	}
	if r.Time-received > 600e9 && received != 0 {
		l.Reasons["ts_future"] = true
	}
	r.SeverityText = rules.Text(rec.SeverityText(), encodetest.MaxName, l, "severity_text")
	r.EventName = rules.Text(rec.EventName(), encodetest.MaxName, l, "event_name")
	r.Body = rules.Body(rec.Body(), l)
	r.Attrs = rules.Values(kept, keys, l)
	return r
}

// long says that a value is JSON past the limit, which is cut where the decoder finds it best.
func long(r row) bool {
	some := func(values map[string]string) bool {
		for _, v := range values {
			if len(v) > encodetest.MaxValue-1000 && v[:5] == "json " {
				return true
			}
		}
		return false
	}
	return some(r.Attrs) || some(r.Scope.Attrs) || len(r.Body) > encodetest.MaxBody-1000 && r.Body[:5] == "json "
}
