package logs_test

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
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

// gen makes records and filters from few values, so that they meet.
type gen struct{ *rand.Rand }

func pick[T any](g gen, from ...T) T { return from[g.IntN(len(from))] }

var (
	someKeys  = []string{"http.route", "flag", "size", "text", "we ird'\\key", "level"}
	someTexts = []string{"", "a", "A*b", "/pay/1", "true", "5", "50%_\\", "\x00btrue", "\x00", "x\ny", "é", "Connection refused by peer-7", "order 3f2a-beef-01 placed", "reorder placed"}
)

func (g gen) value(v pcommon.Value) {
	switch g.IntN(9) {
	case 0, 1, 2, 3:
		v.SetStr(pick(g, someTexts...))
	case 4:
		v.SetBool(g.IntN(2) == 0)
	case 5:
		v.SetInt(pick[int64](g, 0, 5, 200, -3, 9007199254740993))
	case 6:
		v.SetDouble(pick(g, 0, 5, 0.5, -3.25, 9007199254740992))
	case 7:
		v.SetEmptyMap().PutStr("a", pick(g, someTexts...))
	default:
		v.SetEmptyBytes().FromRaw([]byte(pick(g, "", "a")))
	}
}

func (g gen) attrs(m pcommon.Map) {
	for range g.IntN(4) {
		g.value(m.PutEmpty(pick(g, someKeys...)))
	}
}

var traceA = [16]byte{1, 2, 3}

func (g gen) logs(n int) plog.Logs {
	ld := plog.NewLogs()
	for range 4 {
		rl := ld.ResourceLogs().AppendEmpty()
		a := rl.Resource().Attributes()
		g.attrs(a)
		a.PutStr("service.name", pick(g, "a", "checkout"))
		a.PutStr("deployment.environment.name", pick(g, "", "prod"))
		sl := rl.ScopeLogs().AppendEmpty()
		sl.Scope().SetName(pick(g, "", "lib"))
		g.attrs(sl.Scope().Attributes())
		for range n / 4 {
			rec := sl.LogRecords().AppendEmpty()
			rec.SetTimestamp(pcommon.NewTimestampFromTime(day0.Add(time.Duration(g.IntN(40)-300) * time.Minute))) // many of one time
			rec.SetSeverityNumber(plog.SeverityNumber(pick(g, 0, 1, 9, 10, 13, 17, 21, 24, 25, -1)))
			rec.SetSeverityText(pick(g, "", "INFO", "Warning", "err", "odd"))
			if g.IntN(3) == 0 {
				rec.SetTraceID(pick(g, traceA, [16]byte{9}))
				rec.SetSpanID([8]byte{byte(g.IntN(3)), 7})
			}
			rec.SetEventName(pick(g, "", "", "click"))
			if g.IntN(8) > 0 {
				g.value(rec.Body())
			}
			g.attrs(rec.Attributes())
		}
	}
	return ld
}

func (g gen) filter(depth int) filter.Expr {
	if depth > 0 {
		switch g.IntN(6) {
		case 0:
			return filter.And{g.filter(depth - 1), g.filter(depth - 1)}
		case 1:
			return filter.Or{g.filter(depth - 1), g.filter(depth - 1)}
		case 2:
			return filter.Not{Expr: g.filter(depth - 1)}
		}
	}
	attr := filter.Attr{Scope: pick(g, filter.Span, filter.Resource, filter.Instrumentation, filter.Any), Key: pick(g, someKeys...)}
	if g.IntN(2) == 0 {
		attr = filter.Attr{Key: pick(g, filter.RecordFields()...).Name}
	}
	switch g.IntN(8) {
	case 0:
		if attr.Scope != filter.Intrinsic || attr.Key != filter.Severity && attr.Key != filter.Service && attr.Key != filter.Word { // every record has those
			return filter.Exists{Attr: attr}
		}
	case 1:
		return filter.Text{Pattern: pick(g, filter.Literal(pick(g, someTexts[1:]...)), "a*b", "refused*peer")}
	}
	c := filter.Compare{Attr: attr, Op: filter.Op(g.IntN(10)), Value: filter.StringValue(pick(g, someTexts...))}
	if c.Op == filter.Match || c.Op == filter.NotMatch {
		c.Value.Text = pick(g, "a", "^pay|/", "(?i)REFUSED", "^$", ".")
	}
	if c.Op == filter.Like || c.Op == filter.NotLike {
		c.Value.Text = pick(g, "*", "*refused*", "* refused by *", "order *", "*-beef-*", "A\\*b", "*5*")
	}
	equality := pick(g, filter.Eq, filter.Ne)
	if attr.Scope == filter.Intrinsic {
		switch attr.Key {
		case filter.Severity:
			c.Op, c.Value.Text = filter.Op(g.IntN(6)), pick(g, "unset", "trace", "debug", "info", "warn", "error", "fatal")
		case filter.Word:
			c.Op, c.Value.Text = equality, pick(g, "refused", "connection PEER", "placed order", "beef", "5", "é", "refuse")
		case filter.TraceID:
			c.Op, c.Value.Text = equality, hex.EncodeToString(traceA[:])
		case filter.SpanID:
			c.Op, c.Value.Text = equality, "0107000000000000"
		}
		return c
	}
	if c.Op <= filter.Le {
		switch g.IntN(3) {
		case 0:
			c.Value = pick(g, filter.IntValue(5), filter.IntValue(0), filter.FloatValue(0.5), filter.IntValue(9007199254740993))
		case 1:
			c.Op, c.Value = equality, filter.BoolValue(g.IntN(2) == 0)
		}
	}
	return c
}

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

// matches is what a filter means, said a second time and simply: the SQL is tested against it.
func matches(e filter.Expr, r *logs.Record, resource []encode.Value) bool {
	switch e := e.(type) {
	case filter.And:
		return matches(e[0], r, resource) && matches(e[1], r, resource)
	case filter.Or:
		return matches(e[0], r, resource) || matches(e[1], r, resource)
	case filter.Not:
		return !matches(e.Expr, r, resource)
	case filter.Exists:
		values := valuesOf(e.Attr, r, resource)
		if e.Attr == (filter.Attr{Key: filter.Body}) {
			return r.Body.Type != encode.ValueEmpty && (r.Body.Type != encode.ValueString || r.Body.Text != "")
		}
		if e.Attr.Scope == filter.Intrinsic {
			return values[0].Text != ""
		}
		return len(values) > 0
	case filter.Compare:
		positive, negative := e.Op.Negative()
		for _, v := range valuesOf(e.Attr, r, resource) {
			if holds(e.Attr, v, positive, e.Value) != negative {
				return true
			}
		}
		return false
	case filter.Text:
		number, literal := e.Pattern.Literal()
		texts := []string{r.Body.Text, r.EventName, r.Service}
		for _, a := range r.Attrs {
			if a.Type == encode.ValueInt && literal && a.Text == number {
				return true
			}
			if a.Type != encode.ValueInt && a.Type != encode.ValueFloat {
				texts = append(texts, a.Text)
			}
		}
		contains := "*" + string(e.Pattern) + "*"
		return slices.ContainsFunc(texts, func(text string) bool {
			return filter.Pattern(strings.ToLower(contains)).Match(strings.ToLower(text))
		})
	}
	panic(fmt.Sprintf("unknown expression %T", e))
}

func valuesOf(a filter.Attr, r *logs.Record, resource []encode.Value) (values []encode.Value) {
	find := func(attrs []encode.Value) {
		for _, attr := range attrs {
			if attr.Key == a.Key {
				values = append(values, attr)
			}
		}
	}
	switch a.Scope {
	case filter.Span:
		find(r.Attrs)
	case filter.Resource:
		find(resource)
	case filter.Any:
		find(r.Attrs)
		find(resource)
	case filter.Instrumentation:
		find(r.Scope.Attrs)
	default:
		text := ""
		switch a.Key {
		case filter.Service:
			text = r.Service
		case filter.Env:
			text = r.Env
		case filter.Namespace:
			text = r.Namespace
		case filter.Version:
			text = r.Version
		case filter.EventName:
			text = r.EventName
		case filter.SeverityText:
			text = r.SeverityText
		case filter.ScopeName:
			text = r.Scope.Name
		case filter.ScopeVersion:
			text = r.Scope.Version
		case filter.Severity:
			text = r.Level()
		case filter.Body:
			text = r.Body.Text
		case filter.Word: // numbers, bools and bytes have no words
			text = encode.EncodeValue(r.Body.Type, r.Body.Text)
		case filter.TraceID:
			if r.TraceID != [16]byte{} {
				text = hex.EncodeToString(r.TraceID[:])
			}
		case filter.SpanID:
			if r.SpanID != 0 {
				text = fmt.Sprintf("%016x", r.SpanID)
			}
		}
		return []encode.Value{{Text: text}}
	}
	return values
}

func holds(a filter.Attr, v encode.Value, op filter.Op, want filter.Value) bool {
	if a == (filter.Attr{Key: filter.Severity}) {
		levels := []string{"unset", "trace", "debug", "info", "warn", "error", "fatal"}
		return ordered(op, slices.Index(levels, v.Text)-slices.Index(levels, want.Text))
	}
	if a == (filter.Attr{Key: filter.Word}) {
		have := filter.Words(v.Text)
		return !slices.ContainsFunc(filter.Words(want.Text), func(w string) bool { return !slices.Contains(have, w) })
	}
	switch {
	case want.IsNumber() && (v.Type == encode.ValueInt || v.Type == encode.ValueFloat):
		x, ok := new(big.Float).SetPrec(200).SetString(v.Text)
		y := new(big.Float).SetPrec(200).SetFloat64(want.Float)
		if want.Type == filter.TypeInt {
			y.SetInt64(want.Int)
		}
		return ok && ordered(op, x.Cmp(y))
	case want.Type == filter.TypeBool && v.Type == encode.ValueBool:
		return op == filter.Eq && v.Text == strconv.FormatBool(want.Bool)
	case want.Type == filter.TypeString && v.Type == encode.ValueString:
		switch op {
		case filter.Match:
			return regexp.MustCompile("(?s:" + want.Text + ")").MatchString(v.Text)
		case filter.Like:
			return filter.Pattern(want.Text).Match(v.Text)
		}
		return ordered(op, strings.Compare(v.Text, want.Text))
	}
	return false
}

func ordered(op filter.Op, sign int) bool {
	switch op {
	case filter.Eq:
		return sign == 0
	case filter.Gt:
		return sign > 0
	case filter.Ge:
		return sign >= 0
	case filter.Lt:
		return sign < 0
	}
	return op == filter.Le && sign <= 0
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
