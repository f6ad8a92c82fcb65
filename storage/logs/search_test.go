package logs_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/storagetest"
)

// stored fills a database with records and gives them newest first, of one time the last that came first.
func stored(t *testing.T, n int) (*logs.Reader, []logs.Record, map[string][]encode.Value) {
	t.Helper()
	db := storagetest.Open(t)
	reader := logs.NewReader(db)
	for i := range uint64(3) {
		b := logs.NewBatch(batch.NewID([8]byte{1}, day0.Add(time.Duration(i))), batch.Policy{Logs: batch.Retention{Days: 25_000}})
		if err := b.Append(batch.Request{Project: "p", Received: day0, Body: marshal(t, gen{rand.New(rand.NewPCG(i, 1))}.logs(n/3))}); err != nil {
			t.Fatal(err)
		}
		insert(t, db, b)
	}
	all := everything(t, reader, logs.SearchQuery{Project: "p", Range: wholeDay, Limit: 1000})
	if len(all) < n-12 {
		t.Fatalf("%d records", len(all))
	}
	resources := map[string][]encode.Value{}
	for _, r := range all {
		if _, ok := resources[string(r.ResourceID[:])]; !ok {
			whole, err := reader.Record(t.Context(), "p", r.ID)
			if err != nil {
				t.Fatal(err)
			}
			resources[string(r.ResourceID[:])] = whole.Resource.Attrs
		}
	}
	return reader, all, resources
}

var wholeDay = logs.Range{From: day0.Add(-24 * time.Hour), To: day0}

func TestSearchFindsWhatTheFilterMeans(t *testing.T) {
	reader, all, resources := stored(t, 600)
	if !slices.IsSortedFunc(all, func(a, b logs.Record) int { return b.ID.Time.Compare(a.ID.Time) }) {
		t.Error("not newest first")
	}
	g := gen{rand.New(rand.NewPCG(5, 5))}
	some, none := 0, 0
	for range 120 {
		e := g.filter(2)
		var want []string
		for i := range all {
			if matches(e, &all[i], resources[string(all[i].ResourceID[:])]) {
				want = append(want, all[i].ID.String())
			}
		}
		limit := pick(g, 150, 1000)
		var got []string
		for _, r := range everything(t, reader, logs.SearchQuery{Project: "p", Range: wholeDay, Filter: e, Limit: limit}) {
			got = append(got, r.ID.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d found, want %d", e, len(got), len(want))
			for i := range all {
				if id := all[i].ID.String(); slices.Contains(got, id) != slices.Contains(want, id) {
					t.Errorf("such as %+v", all[i])
					break
				}
			}
		}
		if len(want) > 0 {
			some++
		} else {
			none++
		}
	}
	if some < 50 {
		t.Errorf("%d filters found something, %d nothing", some, none)
	}
}

func TestSearchIsBoundToItsProjectAndRange(t *testing.T) {
	reader, all, _ := stored(t, 120)
	mid := all[50].ID.Time
	var want []string
	for _, r := range all {
		if r.ID.Time.Before(mid) && !r.ID.Time.Before(mid.Add(-10*time.Minute)) {
			want = append(want, r.ID.String())
		}
	}
	got := everything(t, reader, logs.SearchQuery{Project: "p", Range: logs.Range{From: mid.Add(-10 * time.Minute), To: mid}, Limit: 3})
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%d found, want %d", len(got), len(want))
	}
	if got := everything(t, reader, logs.SearchQuery{Project: "q", Range: wholeDay}); len(got) != 0 {
		t.Errorf("another project has %d", len(got))
	}
	if _, err := reader.Record(t.Context(), "q", all[0].ID); err != logs.ErrNotFound {
		t.Errorf("of another project: %v", err)
	}
	for project, want := range map[string]bool{"p": true, "q": false} {
		if got, err := reader.HasRecords(t.Context(), project); got != want || err != nil {
			t.Errorf("project %s has records: %v, %v", project, got, err)
		}
	}
}

func TestSearchSaysWhereALimitEndedIt(t *testing.T) {
	reader, all, _ := stored(t, 120)
	q := logs.SearchQuery{Project: "p", Range: wholeDay, RowLimit: 1, Filter: filter.Compare{Attr: filter.Attr{Key: filter.Body}, Value: filter.StringValue("not there")}}
	pages := 0
	for {
		page, err := reader.Search(t.Context(), q)
		if err != nil || len(page.Records) != 0 {
			t.Fatalf("page is %+v, %v", page, err)
		}
		pages++
		if page.Complete {
			if !page.Next.IsZero() || !page.SearchedFrom.Equal(wholeDay.From) {
				t.Errorf("the end is %+v", page)
			}
			break
		}
		if page.Reason != logs.ReasonRowLimit || page.Next.IsZero() || !page.Next.Time.Equal(page.SearchedFrom) {
			t.Fatalf("page is %+v", page)
		}
		q.Cursor = page.Next
	}
	if pages < 2 {
		t.Errorf("%d pages", pages)
	}
	q = logs.SearchQuery{Project: "p", Range: wholeDay, TimeLimit: 1}
	if page, err := reader.Search(t.Context(), q); err != nil || page.Complete || page.Reason != logs.ReasonTimeLimit {
		t.Errorf("page is %+v, %v of %d", page, err, len(all))
	}
}

func TestRecordsOfATrace(t *testing.T) {
	reader, all, _ := stored(t, 600)
	slices.Reverse(all)
	f := func(what string, q logs.TraceQuery, keep func(r *logs.Record) bool) {
		t.Helper()
		q.Project, q.TraceID = "p", traceA
		var want []string
		for i := range all {
			if all[i].TraceID == traceA && keep(&all[i]) {
				want = append(want, all[i].ID.String())
			}
		}
		found, more, err := reader.Trace(t.Context(), q)
		if err != nil || more != (len(want) > q.Limit) {
			t.Fatalf("%s: more is %v of %d, %v", what, more, len(want), err)
		}
		var got []string
		for _, r := range found {
			got = append(got, r.ID.String())
		}
		if want = want[:min(len(want), q.Limit)]; !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d found, want %d", what, len(got), len(want))
		}
	}
	f("all", logs.TraceQuery{Limit: 1000}, func(*logs.Record) bool { return true })
	f("the first", logs.TraceQuery{Limit: 5}, func(*logs.Record) bool { return true })
	f("of a span", logs.TraceQuery{Limit: 1000, SpanID: 0x0207000000000000}, func(r *logs.Record) bool { return r.SpanID == 0x0207000000000000 })
	in := logs.Range{From: day0.Add(-290 * time.Minute), To: day0.Add(-280 * time.Minute)}
	f("of a range", logs.TraceQuery{Limit: 1000, Range: in}, func(r *logs.Record) bool { return !r.ID.Time.Before(in.From) && r.ID.Time.Before(in.To) })
}

func TestBodiesAreCutAtARune(t *testing.T) {
	db := storagetest.Open(t)
	b := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Logs: batch.Retention{Days: 25_000}})
	long := strings.Repeat("aé🦄", 1000)
	ld := one(func(rec plog.LogRecord) { rec.Body().SetStr(long) })
	one(func(rec plog.LogRecord) { rec.Body().SetStr("\x00" + long) }).ResourceLogs().At(0).CopyTo(ld.ResourceLogs().AppendEmpty())
	if err := b.Append(batch.Request{Project: "p", Received: day0, Body: marshal(t, ld)}); err != nil {
		t.Fatal(err)
	}
	insert(t, db, b)
	for limit := 90; limit < 100; limit++ {
		page, err := logs.NewReader(db).Search(t.Context(), logs.SearchQuery{Project: "p", Range: logs.Range{From: wholeDay.From, To: day0.Add(1)}, BodyLimit: limit})
		if err != nil || len(page.Records) != 2 {
			t.Fatalf("page is %+v, %v", page, err)
		}
		for i, whole := range []string{"\x00" + long, long} {
			r := page.Records[i]
			if !strings.HasPrefix(whole, r.Body.Text) || len(r.Body.Text) < limit-6 || r.BodyBytes != len(whole) {
				t.Errorf("limit %d: body of %d bytes begins %q", limit, r.BodyBytes, r.Body.Text)
			}
		}
	}
}

// TestIndexesAreUsed: of granules that have not the word, the trace or the value nothing is read.
func TestIndexesAreUsed(t *testing.T) {
	db := storagetest.Open(t)
	b := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Logs: batch.Retention{Days: 25_000}})
	for i := range uint64(600) {
		if err := b.Append(batch.Request{Project: "p", Received: day0, Body: marshal(t, shopLogs(i, 100, day0.Add(-time.Duration(i+1)*time.Second)))}); err != nil {
			t.Fatal(err)
		}
	}
	rare := one(func(rec plog.LogRecord) {
		rec.SetTimestamp(pcommon.NewTimestampFromTime(day0.Add(-5 * time.Minute)))
		rec.Body().SetStr("Order 3f2a-BEEF-77 is lost")
		rec.SetTraceID(traceA)
		rec.Attributes().PutStr("k", "rare value")
	})
	if err := b.Append(batch.Request{Project: "p", Received: day0, Body: marshal(t, rare)}); err != nil {
		t.Fatal(err)
	}
	insert(t, db, b)
	reader := logs.NewReader(db)
	for _, text := range []string{`word = lost`, `body = "*-BEEF-*"`, `trace_id = 01020300000000000000000000000000`, `k = "rare value"`, `service = s`} {
		e, err := filter.ParseRecord(text)
		if err != nil {
			t.Fatal(err)
		}
		page, err := reader.Search(t.Context(), logs.SearchQuery{Project: "p", Range: wholeDay, Filter: e})
		if err != nil || len(page.Records) != 1 {
			t.Fatalf("%s: %d found, %v", text, len(page.Records), err)
		}
		if indexed := text != "service = s"; indexed != (page.RowsRead < 40_000) {
			t.Errorf("%s: read %d rows of 60,001", text, page.RowsRead)
		}
	}
	if n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM logs"}); err != nil || n != 60_001 {
		t.Errorf("%d rows, %v", n, err)
	}
}
