package logs_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/storagetest"
)

// insert stores the blocks of a batch and counts them.
func insert(t testing.TB, db *conn.DB, b *logs.Batch) {
	t.Helper()
	w := batch.NewWriter(db)
	for _, block := range b.Blocks() {
		if err := w.Insert(t.Context(), block, fmt.Sprintf("%s-%s-%s-1", b.ID, block.Table, block.Partition)); err != nil {
			t.Fatal(err)
		}
		if block.Kind != batch.Counted {
			continue
		}
		if n, err := w.Count(t.Context(), b.ID, block); err != nil || n != uint64(block.Rows) {
			t.Fatalf("counted %d of %d rows (%v) in partition %s", n, block.Rows, err, block.Partition)
		}
	}
	b.Done()
}

// everything reads a project's records, newest first, page by page.
func everything(t testing.TB, r *logs.Reader, q logs.SearchQuery) (all []logs.Record) {
	t.Helper()
	for range 10_000 {
		page, err := r.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !page.Complete {
			t.Fatalf("page is %+v", page)
		}
		all = append(all, page.Records...)
		if page.Next.IsZero() {
			return all
		}
		q.Cursor = page.Next
	}
	t.Fatal("pages do not end")
	return nil
}

// rowOf is a record as the readers give it; its retention is not theirs to say.
func rowOf(project string, r logs.Record) row {
	attrs, scope := map[string]string{}, map[string]string{}
	for _, a := range r.Attrs {
		attrs[a.Key] = encodetest.AttrText(a)
	}
	for _, a := range r.Scope.Attrs {
		scope[a.Key] = encodetest.AttrText(a)
	}
	return row{
		Project: project, Time: r.ID.Time.UnixNano(), Sent: r.Sent, Observed: r.Observed, TraceID: string(r.TraceID[:]), SpanID: r.SpanID,
		Flags: r.Flags, Severity: r.Severity, SeverityText: r.SeverityText, EventName: r.EventName, Body: encodetest.AttrText(r.Body), Attrs: attrs,
		DroppedAttrs: r.DroppedAttrs, Service: r.Service, Namespace: r.Namespace, Env: r.Env, Vers: r.Version,
		Scope: encodetest.Scope{Name: r.Scope.Name, Version: r.Scope.Version, URL: r.Scope.SchemaURL, Attrs: scope, Dropped: r.Scope.DroppedAttrs},
	}
}

// TestStoredRecordsAreWhatPdataSees writes requests of every kind to the engine and reads them back: nothing is lost, records of one
// time come in the order in which they were sent, and of each resource everything is there.
func TestStoredRecordsAreWhatPdataSees(t *testing.T) {
	db := storagetest.Open(t)
	reader := logs.NewReader(db)
	policy := batch.Policy{Logs: batch.Retention{Days: 25_000, Services: map[string]uint16{"service-1": 25_001}}, Redact: true}
	b := logs.NewBatch(batch.ID{}, batch.Policy{})
	want := map[string][]row{}
	received := time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Hour)
	for n := range 6 {
		b.Reset(batch.NewID([8]byte{9, 8, 7, 6, 5, 4, 3, 0xFF}, received.Add(time.Duration(n)*time.Second)), policy)
		for i := range uint64(8) {
			ld := randomLogs(rand.New(rand.NewPCG(uint64(n), i)), received, i%2 == 0)
			project := []string{"default", "other"}[i%2]
			if err := b.Append(batch.Request{Project: project, Received: received, Body: marshal(t, ld)}); err != nil {
				t.Fatal(err)
			}
			want[project] = append(want[project], model{project, received, policy}.rows(ld, nil)...)
		}
		insert(t, db, b)
	}
	for project, rows := range want {
		rows = slices.DeleteFunc(rows, func(r row) bool { return r.Time > received.AddDate(1, 0, 0).UnixNano() }) // no search looks there
		slices.SortStableFunc(rows, func(a, b row) int { return int(a.Time/2 - b.Time/2) })
		slices.Reverse(rows)
		found := everything(t, reader, logs.SearchQuery{
			Project: project, Range: logs.Range{From: time.Unix(0, 0), To: time.Now()}, Limit: 37, TimeLimit: time.Minute,
		})
		var got []row
		for i, r := range found {
			g := rowOf(project, r)
			if i < len(rows) {
				g.Retention = rows[i].Retention
			}
			got = append(got, g)
		}
		for i := range min(len(got), len(rows)) {
			if long(rows[i]) { // cut where the decoder finds it best
				got[i], rows[i] = row{}, row{}
			}
		}
		compare(t, got, rows)
		for i, r := range found {
			if i%7 != 0 {
				continue
			}
			id, err := logs.ParseID(r.ID.String())
			if err != nil || id != r.ID {
				t.Fatalf("id %s is read as %v, %v", r.ID, id, err)
			}
			whole, err := reader.Record(t.Context(), project, id)
			if err != nil || whole.Resource == nil {
				t.Fatalf("read record: %v, %v", whole, err)
			}
			w, g := rowOf(project, whole), rowOf(project, r)
			compare(t, []row{w}, []row{g})
			service := ""
			for _, a := range whole.Resource.Attrs {
				if a.Key == "service.name" {
					service = a.Text
				}
			}
			if service != whole.Service && whole.Service != "unknown_service" && len(whole.Resource.Attrs) < encode.MaxAttrs {
				t.Errorf("record of %q has the resource of %q", whole.Service, service)
			}
		}
	}
	if _, err := reader.Record(t.Context(), "nobody", logs.ID{}); err != logs.ErrNotFound {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{"", "x", strings.Repeat("A", 37), strings.Repeat("*", 38)} {
		if _, err := logs.ParseID(text); err == nil {
			t.Errorf("%q is an id", text)
		}
	}
}
