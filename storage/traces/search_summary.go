package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed search_index.sql
	searchIndexSQL string
	//go:embed search_summary.sql
	summarySQL string
	//go:embed search_rows.sql
	searchRowsSQL string
	//go:embed search_open.sql
	openSQL string
)

// summaryMargin is how far around its matching span a trace is expected to lie; the index tells where it does not.
const summaryMargin = 30 * time.Second

// indexEntry is what trace_index knows of a trace.
type indexEntry struct {
	bounds                Range // first and last start
	rootService, rootName string
}

func (r *Reader) index(ctx context.Context, project string, ids [][16]byte) (map[[16]byte]indexEntry, error) {
	type row struct {
		TraceID     [16]byte `ch:"trace_id"`
		First       int64    `ch:"first"`
		Last        int64    `ch:"last"`
		RootService string   `ch:"root_service"`
		RootName    string   `ch:"root_name"`
	}
	entries := make(map[[16]byte]indexEntry, len(ids))
	params := []conn.Param{conn.Str("project", project), fixedArray("ids", ids)}
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: searchIndexSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read bounds of traces: %w", err)
		}
		entries[row.TraceID] = indexEntry{Range{unixTime(row.First), unixTime(row.Last)}, row.RootService, row.RootName}
	}
	return entries, nil
}

// summaryRow is a row of search_summary.sql.
type summaryRow struct {
	TraceID [16]byte `ch:"trace_id"`
	Service string   `ch:"service"`
	Spans   uint64   `ch:"spans"`
	Errors  uint64   `ch:"errors"`
	First   int64    `ch:"first"`
	Last    int64    `ch:"last"`
	Head    []any    `ch:"head"` // (0 for a root, start, class)
	Open    uint64   `ch:"open"`
	head    headSpan // where Head is nil
}

// summarize turns the candidates into the page's traces. It reads the figures of just these traces, around the spans that matched,
// while it looks up where they really lie; those that reach further are read again.
func (s *search) summarize(ctx context.Context) error {
	if len(s.found) == 0 {
		s.page.Traces = []Summary{}
		return nil
	}
	ids := make([][16]byte, len(s.found))
	around := Range{unixTime(s.found[0].Start), unixTime(s.found[0].Start)}
	for i, c := range s.found {
		ids[i] = c.TraceID
		around = around.union(Range{unixTime(c.Start), unixTime(c.Start)})
	}
	around = around.widen(summaryMargin)

	var index map[[16]byte]indexEntry
	var rows []summaryRow
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		index, err = s.reader.index(both, s.q.Project, ids)
		return err
	})
	group.Go(func() (err error) {
		rows, err = s.figures(both, ids, around)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	var far [][16]byte
	reach := around
	for _, id := range ids {
		if entry, ok := index[id]; ok && !around.covers(entry.bounds) {
			far = append(far, id)
			reach = reach.union(entry.bounds)
		}
	}
	if len(far) > 0 {
		again, err := s.figures(ctx, far, reach)
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r summaryRow) bool { return slices.Contains(far, r.TraceID) })
		rows = append(rows, again...)
	}
	byTrace := make(map[[16]byte][]summaryRow, len(ids))
	for _, row := range rows {
		byTrace[row.TraceID] = append(byTrace[row.TraceID], row)
	}
	s.page.Traces = make([]Summary, len(s.found))
	for i, c := range s.found {
		s.page.Traces[i] = summaryOf(c, index[c.TraceID], byTrace[c.TraceID])
	}
	return nil
}

// nearby is how long a range may be for its trace ids to be compared one by one: asking the index of trace ids about 20 of them,
// granule by granule, costs twice as much there (12 ms of CPU instead of 6 in a minute of 400,000 spans). identity() hides them from it.
const nearby = 5 * time.Minute

// ofTraces is the condition that a span belongs to one of the traces in ids.
func ofTraces(in Range) string {
	if in.To.Sub(in.From) <= nearby {
		return "AND identity(trace_id) IN {ids:Array(FixedString(16))}"
	}
	return "AND trace_id IN {ids:Array(FixedString(16))}"
}

// maxFigureRows is how many spans are summed up here; the engine does it for more.
const maxFigureRows = 20_000

// figures sums up traces, by service.
func (s *search) figures(ctx context.Context, ids [][16]byte, in Range) ([]summaryRow, error) {
	if len(ids) <= defaultSearchLimit {
		if rows, all, err := s.figuresOfRows(ctx, ids, in); err != nil || all {
			return rows, err
		}
	}
	var stats conn.Stats
	params := append(in.params(s.q.Project), fixedArray("ids", ids))
	rows, err := conn.All[summaryRow](ctx, s.reader.db, conn.Query{SQL: when(summarySQL, ofTraces(in)), Params: params, Stats: &stats})
	if err != nil {
		return nil, fmt.Errorf("sum up traces: %w", err)
	}
	s.page.RowsRead += stats.Rows
	var open [][16]byte
	for _, row := range rows {
		if row.Open > 0 && !slices.Contains(open, row.TraceID) {
			open = append(open, row.TraceID)
		}
	}
	if len(open) > 0 {
		return rows, s.countOnce(ctx, open, in, rows)
	}
	return rows, nil
}

// figuresOfRows is figures from the spans themselves; all is false where they are too many.
func (s *search) figuresOfRows(ctx context.Context, ids [][16]byte, in Range) (rows []summaryRow, all bool, err error) {
	type row struct {
		TraceID  [16]byte `ch:"trace_id"`
		SpanID   uint64   `ch:"span_id"`
		Service  string   `ch:"service"`
		Class    uint8    `ch:"class"`
		State    uint8    `ch:"state"`
		Root     uint8    `ch:"root"`
		Start    int64    `ch:"start_ns"`
		Duration uint64   `ch:"duration"`
	}
	var stats conn.Stats
	params := append(in.params(s.q.Project), fixedArray("ids", ids), conn.Uint("limit", uint64(maxFigureRows)))
	spans, err := conn.All[row](ctx, s.reader.db, conn.Query{SQL: when(searchRowsSQL, ofTraces(in)), Params: params, Stats: &stats})
	if err != nil {
		return nil, false, fmt.Errorf("read spans of traces: %w", err)
	}
	s.page.RowsRead += stats.Rows
	if len(spans) == maxFigureRows {
		return nil, false, nil
	}
	complete := map[spanKey]bool{}
	for _, r := range spans {
		if State(r.State) == StateComplete {
			complete[spanKey{r.TraceID, r.SpanID}] = true
		}
	}
	type key struct {
		trace   [16]byte
		service string
	}
	places := map[key]int{}
	for _, r := range spans {
		head := headSpan{r.Root != 0, r.Start, Class(r.Class)}
		at, ok := places[key{r.TraceID, r.Service}]
		if !ok {
			at = len(rows)
			places[key{r.TraceID, r.Service}] = at
			rows = append(rows, summaryRow{TraceID: r.TraceID, Service: r.Service, First: r.Start, Last: r.Start, head: head})
		}
		of := &rows[at]
		of.First, of.Last = min(of.First, r.Start), max(of.Last, r.Start+int64(r.Duration))
		if head.before(of.head) {
			of.head = head
		}
		if State(r.State) == StateInProgress {
			if complete[spanKey{r.TraceID, r.SpanID}] {
				continue // counted once
			}
			of.Open++
		}
		of.Spans++
		if Class(r.Class) != ClassOK {
			of.Errors++
		}
	}
	return rows, true, nil
}

// countOnce takes spans in progress that are complete too out of the figures.
func (s *search) countOnce(ctx context.Context, ids [][16]byte, in Range, rows []summaryRow) error {
	type row struct {
		TraceID [16]byte `ch:"trace_id"`
		Service string   `ch:"service"`
		Spans   uint64   `ch:"spans"`
		Errors  uint64   `ch:"errors"`
	}
	params := append(in.params(s.q.Project), fixedArray("ids", ids))
	for twice, err := range conn.Rows[row](ctx, s.reader.db, conn.Query{SQL: openSQL, Params: params}) {
		if err != nil {
			return fmt.Errorf("count spans in progress: %w", err)
		}
		for i := range rows {
			if of := &rows[i]; of.TraceID == twice.TraceID && of.Service == twice.Service {
				of.Spans -= twice.Spans
				of.Errors -= twice.Errors
				of.Open -= twice.Spans
			}
		}
	}
	return nil
}

func summaryOf(c candidate, entry indexEntry, rows []summaryRow) Summary {
	t := Summary{
		TraceID: c.TraceID, RootService: entry.rootService, RootName: entry.rootName, Services: []ServiceShare{},
		Matched: Match{SpanID: SpanID(c.SpanID), Start: unixTime(c.Start), Duration: time.Duration(c.Duration), Service: c.Service, Name: c.Name, Class: Class(c.Class)},
	}
	first, last := c.Start, c.Start+int64(c.Duration)
	var head *headSpan
	for i, row := range rows {
		h := row.head
		if row.Head != nil {
			h = headOf(row.Head)
		}
		if i == 0 || row.First < first {
			first = row.First
		}
		last = max(last, row.Last)
		if head == nil || h.before(*head) {
			head = &h
		}
		t.Spans += int(row.Spans)
		t.Errors += int(row.Errors)
		t.InProgress = t.InProgress || row.Open > 0
		if row.Spans > 0 {
			t.Services = append(t.Services, ServiceShare{row.Service, int(row.Spans), int(row.Errors)})
		}
	}
	if head != nil {
		t.Class = head.class
		t.HasRoot = head.root || entry.rootService != "" || entry.rootName != ""
	}
	t.Start, t.Duration = unixTime(first), time.Duration(last-first)
	slices.SortFunc(t.Services, func(a, b ServiceShare) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), cmp.Compare(a.Name, b.Name))
	})
	return t
}

// headSpan is the span that speaks for a trace, of a service.
type headSpan struct {
	root  bool
	start int64
	class Class
}

func headOf(tuple []any) (h headSpan) {
	if len(tuple) != 3 {
		return h
	}
	child, _ := tuple[0].(uint8)
	h.root = child == 0
	h.start, _ = tuple[1].(int64)
	class, _ := tuple[2].(uint8)
	h.class = Class(class)
	return h
}

func (h headSpan) before(o headSpan) bool {
	if h.root != o.root {
		return h.root
	}
	return h.start < o.start || h.start == o.start && h.class < o.class
}
