package logapi

import (
	"strconv"
	"time"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/traces"
)

type (
	valueJSON struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	attrJSON struct {
		Key string `json:"key"`
		valueJSON
	}
	scopeJSON struct {
		Name      string     `json:"name"`
		Version   string     `json:"version"`
		SchemaURL string     `json:"schema_url"`
		Attrs     []attrJSON `json:"attributes"`
		Dropped   uint32     `json:"dropped_attributes"`
	}
	resourceJSON struct {
		Attrs     []attrJSON `json:"attributes"`
		SchemaURL string     `json:"schema_url"`
		Dropped   uint32     `json:"dropped_attributes"`
	}
	recordJSON struct {
		ID             string     `json:"id"`
		Time           time.Time  `json:"time"`
		TimeSent       string     `json:"time_unix_nano"`
		ObservedSent   string     `json:"observed_time_unix_nano"`
		TraceID        string     `json:"trace_id"`
		SpanID         string     `json:"span_id"`
		Flags          uint32     `json:"flags"`
		Severity       string     `json:"severity"`
		SeverityNumber int32      `json:"severity_number"`
		SeverityText   string     `json:"severity_text"`
		EventName      string     `json:"event_name"`
		Body           valueJSON  `json:"body"`
		BodyBytes      int        `json:"body_bytes"`
		Service        string     `json:"service"`
		Namespace      string     `json:"namespace"`
		Env            string     `json:"env"`
		Version        string     `json:"version"`
		Attrs          []attrJSON `json:"attributes"`
		Dropped        uint32     `json:"dropped_attributes"`
		Scope          scopeJSON  `json:"scope"`
	}
	detailJSON struct {
		recordJSON
		Resource resourceJSON `json:"resource"`
	}
	pageJSON struct {
		Records      []recordJSON `json:"records"`
		NextCursor   *string      `json:"next_cursor"`
		Complete     bool         `json:"complete"`
		Reason       string       `json:"reason"`
		SearchedFrom time.Time    `json:"searched_from"`
		ElapsedMS    float64      `json:"elapsed_ms"`
		RowsRead     uint64       `json:"rows_read"`
		Query        string       `json:"query"`
	}
	traceJSON struct {
		Records []recordJSON `json:"records"`
		More    bool         `json:"more"`
	}
)

func attrsOf(values []encode.Value) []attrJSON {
	attrs := make([]attrJSON, len(values))
	for i, v := range values {
		attrs[i] = attrJSON{v.Key, valueJSON{v.Type.String(), v.Text}}
	}
	return attrs
}

func recordsOf(found []logs.Record) []recordJSON {
	records := make([]recordJSON, len(found))
	for i := range found {
		records[i] = recordOf(&found[i])
	}
	return records
}

func recordOf(r *logs.Record) recordJSON {
	out := recordJSON{
		ID: r.ID.String(), Time: r.ID.Time.UTC(), TimeSent: strconv.FormatUint(r.Sent, 10), ObservedSent: strconv.FormatUint(r.Observed, 10),
		SpanID: traces.SpanID(r.SpanID).String(), Flags: r.Flags,
		Severity: r.Level(), SeverityNumber: r.Severity, SeverityText: r.SeverityText, EventName: r.EventName,
		Body: valueJSON{r.Body.Type.String(), r.Body.Text}, BodyBytes: r.BodyBytes,
		Service: r.Service, Namespace: r.Namespace, Env: r.Env, Version: r.Version,
		Attrs: attrsOf(r.Attrs), Dropped: r.DroppedAttrs,
		Scope: scopeJSON{r.Scope.Name, r.Scope.Version, r.Scope.SchemaURL, attrsOf(r.Scope.Attrs), r.Scope.DroppedAttrs},
	}
	if id := traces.TraceID(r.TraceID); id != (traces.TraceID{}) {
		out.TraceID = id.String()
	}
	return out
}

func detailOf(r *logs.Record) detailJSON {
	return detailJSON{recordOf(r), resourceJSON{attrsOf(r.Resource.Attrs), r.Resource.SchemaURL, r.Resource.DroppedAttrs}}
}
