package query_test

import (
	"context"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/logs"
)

// shelf is a few log records, for what is about the shape of answers.
type shelf struct{}

var logsCursor = logs.ID{Time: shopStart, Batch: [16]byte{1}, Seq: 7}.String()

func shelfRecords() []logs.Record {
	text := func(key, value string) encode.Value { return encode.Value{Key: key, Text: value} }
	sent := uint64(shopStart.UnixNano())
	return []logs.Record{
		{
			ID: logs.ID{Time: shopStart, Batch: [16]byte{1}, Seq: 7}, Sent: sent, Observed: sent + 2e6, TraceID: shopTrace, SpanID: 2, Flags: 1,
			Severity: 17, SeverityText: "ERROR", EventName: "payment.failed", Body: text("", "card declined: 51"), BodyBytes: 17,
			Attrs: []encode.Value{text("code.function.name", "charge"), encode.IntAttr("retries", 2)}, DroppedAttrs: 1,
			Service: "checkout", Namespace: "shop", Env: "prod", Version: "1.2", Scope: logs.Scope{Name: "zap", Version: "1", Attrs: []encode.Value{text("a", "b")}},
		},
		{
			ID: logs.ID{Time: shopStart.Add(-time.Second), Batch: [16]byte{1}, Seq: 6}, SeverityText: "warning",
			Body:      encode.Value{Type: encode.ValueJSON, Text: `{"kvlistValue":{"values":[` + strings.Repeat(" ", 10)},
			BodyBytes: 40_000, Service: "web",
		},
	}
}

func (shelf) Search(_ context.Context, q logs.SearchQuery) (logs.Page, error) {
	page := logs.Page{Records: shelfRecords(), Complete: true, SearchedFrom: q.Range.From, RowsRead: 1234, Elapsed: 1500 * time.Microsecond}
	if q.Limit == 1 {
		page.Records = page.Records[:1]
		page.Next = logs.Cursor(page.Records[0].ID)
	}
	return page, nil
}

func (shelf) Trace(_ context.Context, q logs.TraceQuery) ([]logs.Record, bool, error) {
	return shelfRecords()[:1], q.Limit == 1, nil
}

func (shelf) Record(context.Context, string, logs.ID) (logs.Record, error) {
	r := shelfRecords()[0]
	r.Resource = &logs.Resource{SchemaURL: "https://opentelemetry.io/schemas/1.37.0", Attrs: []encode.Value{{Key: "service.name", Text: "checkout"}}}
	return r, nil
}
