package query_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/logapi"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/storagetest"
)

// TestLogsComeBackFromTheEngine writes log records as the loader does and reads them through the server.
func TestLogsComeBackFromTheEngine(t *testing.T) {
	db := storagetest.Open(t)
	start := time.Now().UTC().Add(-time.Minute)
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "checkout")
	rl.Resource().Attributes().PutStr("deployment.environment.name", "prod")
	sl := rl.ScopeLogs().AppendEmpty()
	for i := range 5 {
		rec := sl.LogRecords().AppendEmpty()
		rec.SetTimestamp(pcommon.NewTimestampFromTime(start)) // all of one time
		rec.SetSeverityNumber(plog.SeverityNumberInfo + plog.SeverityNumber(4*(i%2)))
		rec.Body().SetStr(fmt.Sprintf("attempt %d", i))
		rec.SetTraceID([16]byte{byte(1 + i%2)})
	}
	body, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	if err != nil {
		t.Fatal(err)
	}
	rows := logs.NewBatch(batch.NewID([8]byte{1}, time.Now()), batch.Policy{Redact: true})
	if err := rows.Append(batch.Request{Project: "default", Received: time.Now(), Body: body}); err != nil {
		t.Fatal(err)
	}
	for i, b := range rows.Blocks() {
		if err := batch.NewWriter(db).Insert(t.Context(), b, fmt.Sprint("logs", i)); err != nil {
			t.Fatal(err)
		}
	}
	c := openContract(t)
	srv := newServer(t, &shop{}, func(cfg *query.Config) {
		cfg.Logs = logapi.Deps{Records: logs.NewReader(db)}
		cfg.Now = time.Now
	})
	get := func(target string, status int, into any) {
		t.Helper()
		r := request("GET", target)
		w := do(srv, r)
		c.check(t, r, w)
		if w.Code != status {
			t.Fatalf("GET %s = %d %s", target, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	type record struct {
		ID       string
		Severity string
		Body     struct{ Value string }
		Resource struct {
			Attributes []struct{ Key, Value string }
		}
	}
	var page struct {
		Records []record
		Next    *string `json:"next_cursor"`
		Query   string
		More    bool
	}
	seen, target := "", "/api/logs?env=prod&limit=2&q="+url.QueryEscape("severity >= info word:attempt")
	var last record
	for next := target; next != ""; {
		page.Next = nil
		get(next, 200, &page)
		for _, r := range page.Records {
			seen += r.Body.Value[8:] + r.Severity + " "
			last = r
		}
		if next = ""; page.Next != nil {
			next = target + "&cursor=" + *page.Next
		}
	}
	if want := "4info 3warn 2info 1warn 0info "; seen != want || page.Query != "severity >= info and word = attempt" {
		t.Errorf("found %s, want %s; the query is %s", seen, want, page.Query)
	}
	var whole record
	get("/api/logs/"+last.ID, 200, &whole)
	if whole.Body.Value != "attempt 0" || len(whole.Resource.Attributes) != 2 {
		t.Errorf("record is %+v", whole)
	}
	get("/api/traces/02000000000000000000000000000000/logs", 200, &page)
	if len(page.Records) != 2 || page.Records[0].Body.Value != "attempt 1" || page.More {
		t.Errorf("records of the trace are %+v", page)
	}
	get("/api/traces/02000000000000000000000000000000/logs?start=now-3h&end=now-2h", 200, &page)
	if len(page.Records) != 0 {
		t.Errorf("records of another time are %+v", page)
	}
	get("/api/logs?env=&q=attempt", 200, &page)
	if len(page.Records) != 0 {
		t.Errorf("records of no environment are %+v", page)
	}
	var none struct{ Error struct{ Code string } }
	get("/api/logs/"+logsCursor, 404, &none)
	get("/api/logs?q=severity", 400, &none)
}
