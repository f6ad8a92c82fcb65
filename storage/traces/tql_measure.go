package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
)

//go:embed tql_measure.sql
var tqlMeasureSQL string

// MeasureQuery asks for sums over the spans of a set, by steps of time and by the values of attributes. Steps are Step wide and begin
// at Start, which is not after the set's range. Select, Within and Top are AttrCounts' alone: the selection is the spans for which Select
// holds and that start within Within, if that is not zero.
type MeasureQuery struct {
	SpanSet
	Start time.Time
	Step  time.Duration
	By    []filter.Attr // see Measurable
	// Of is whose values are summed up; spans for which it is no number are left out. nil: spans are counted.
	Of      *filter.Attr
	Buckets bool // also count the values by size
	Samples int  // spans of each step and group to name
	Select  filter.Expr
	Within  Range
	Top     int // how many values of each attribute to tell
}

// Measured is what Measure found; spans count by their weight.
type Measured struct {
	Groups []MeasuredGroup
	Outcome
}

// MeasuredGroup is a step and the values of By, nil where spans have none.
type MeasuredGroup struct {
	Column         int // of time
	Values         []*Attr
	Count          float64
	Sum, Low, High float64           // of values, in ns of durations; Sum is by weight
	Buckets        map[int16]float64 // ValueBucket -> weight
	Samples        []MeasuredSample
}

// MeasuredSample is a span that a group counts.
type MeasuredSample struct {
	TraceID TraceID
	SpanID  SpanID
	Start   time.Time
	Value   float64
}

// NoBucket is the bucket of values that are not above zero. The others are floor(8*log2(value)).
const NoBucket = -32768

// measuredFields are the fields that Measure can group by, beside those of countedFields.
var measuredFields = []string{filter.Service, filter.Name, filter.StatusMessage, filter.Kind, filter.Status, filter.ScopeName, filter.ScopeVersion}

// Measurable reports whether Measure can group by an attribute.
func Measurable(a filter.Attr) bool {
	switch a.Scope {
	case filter.Span, filter.Resource, filter.Any, filter.Instrumentation:
		return true
	case filter.Intrinsic:
		return slices.Contains(measuredFields, a.Key)
	}
	return false
}

// Measure sums up the spans of a set.
func (r *Reader) Measure(ctx context.Context, q MeasureQuery) (Measured, error) {
	s, err := r.newScan(q.SpanSet, "")
	if err != nil {
		return Measured{}, fmt.Errorf("measure spans: %w", err)
	}
	m := &measure{q: q, p: newPrinter("m"), groups: map[string]*MeasuredGroup{}, resources: map[[16]byte][]Attr{}}
	sql := m.statement()
	if err := s.each(ctx, func(ctx context.Context, p piece) (bool, error) {
		return false, m.slice(ctx, s, sql, p)
	}); err != nil {
		return Measured{}, fmt.Errorf("measure spans: %w", err)
	}
	out := Measured{Outcome: s.done}
	for _, key := range m.order {
		out.Groups = append(out.Groups, *m.groups[key])
	}
	return out, nil
}

type measure struct {
	q         MeasureQuery
	p         *printer
	numbers   string // the condition that spans have the number asked for
	decode    []func(text string) *Attr
	resourced bool
	resources map[[16]byte][]Attr
	groups    map[string]*MeasuredGroup
	order     []string
}

// statement prints the statement, but for its conditions.
func (m *measure) statement() string {
	keys, texts := []string{"column"}, []string{}
	for _, a := range m.q.By {
		expr, text := "", ""
		switch a.Scope {
		case filter.Resource:
			m.resourced = true
			texts = append(texts, "''")
			m.decode = append(m.decode, nil)
			continue
		case filter.Any:
			m.resourced = true
			a.Scope = filter.Span
		}
		row, asText := m.p.counted(a, false)
		expr, text = row, asText(row)
		keys, texts = append(keys, expr), append(texts, "toString("+text+")")
		m.decode = append(m.decode, decoder(a))
	}
	resource := "toFixedString('', 16)"
	if m.resourced {
		keys, resource = append(keys, "resource_id"), "resource_id"
	}
	var value string
	value, m.numbers = m.value()
	figures := []string{"sum(weight * " + value + ") AS total", "min(" + value + ") AS low", "max(" + value + ") AS high"}
	buckets := "map(toInt16(0), toFloat64(0))"
	if m.q.Buckets {
		buckets = "sumMap(map(if(" + value + " > 0, toInt16(floor(8 * log2(" + value + "))), toInt16(-32768)), weight))"
	}
	n := strconv.Itoa(m.q.Samples)
	samples := []string{"CAST([], 'Array(FixedString(16))')", "CAST([], 'Array(UInt64)')", "CAST([], 'Array(Int64)')", "CAST([], 'Array(Float64)')"}
	if m.q.Samples > 0 {
		samples = []string{"groupArray(" + n + ")(trace_id)", "groupArray(" + n + ")(span_id)", "groupArray(" + n + ")(toUnixTimestamp64Nano(start))", "groupArray(" + n + ")(" + value + ")"}
	}
	figures = append(figures, buckets+" AS buckets")
	for i, name := range []string{"trace_ids", "span_ids", "starts", "samples"} {
		figures = append(figures, samples[i]+" AS "+name)
	}
	return strings.NewReplacer("/* texts */", strings.Join(texts, ", "), "/* resource */", resource,
		"/* figures */", strings.Join(figures, ",\n    "), "/* keys */", strings.Join(keys, ", ")).Replace(tqlMeasureSQL)
}

// value is an expression for the number that is summed up, and the condition that a span has it.
func (m *measure) value() (expr, condition string) {
	of := m.q.Of
	switch {
	case of == nil:
		return "toFloat64(1)", ""
	case of.Scope == filter.Intrinsic:
		return "toFloat64(duration)", ""
	}
	k := m.p.Str(of.Key)
	expr = "if(mapContains(attrs_int, " + k + "), toFloat64(attrs_int[" + k + "]), attrs_float[" + k + "])"
	condition = "mapContains(attrs_int, " + k + ") OR mapContains(attrs_float, " + k + ") AND isFinite(attrs_float[" + k + "])"
	if liftedKeys[of.Key] == liftHTTPStatus {
		expr = "if(a_http_response_status_code != 0, toFloat64(a_http_response_status_code), " + expr + ")"
		condition = "a_http_response_status_code != 0 OR " + condition
	}
	return expr, "\n    AND (" + condition + ")"
}

// decoder makes an attribute of its value's text.
func decoder(a filter.Attr) func(string) *Attr {
	if words := fieldWords[a.Key]; a.Scope == filter.Intrinsic && words != nil {
		return func(text string) *Attr { return &Attr{Key: a.Key, Text: wordOf(words, text)} }
	}
	return func(text string) *Attr { return countedValue(a.Key, text) }
}

// countedValue is the attribute whose value was counted as this text; nil for none. What is told from nothing else is no value.
func countedValue(key, text string) *Attr {
	switch {
	case text == "" || text == countedOpaque:
		return nil
	case strings.HasPrefix(text, countedNumber):
		a := &Attr{Key: key, Type: ValueInt, Text: text[len(countedNumber):]}
		if _, err := strconv.ParseInt(a.Text, 10, 64); err != nil {
			a.Type = ValueFloat
		}
		return a
	}
	kind, value := encode.DecodeValue(text)
	return &Attr{Key: key, Type: kind, Text: value}
}

// slice adds a slice to the groups.
func (m *measure) slice(ctx context.Context, s *scan, sql string, p piece) error {
	type row struct {
		Column   int64             `ch:"column"`
		Texts    []string          `ch:"texts"`
		Resource [16]byte          `ch:"resource"`
		Weights  float64           `ch:"weights"`
		Total    float64           `ch:"total"`
		Low      float64           `ch:"low"`
		High     float64           `ch:"high"`
		Buckets  map[int16]float64 `ch:"buckets"`
		TraceIDs []string          `ch:"trace_ids"` // 16 bytes each
		SpanIDs  []uint64          `ch:"span_ids"`
		Starts   []int64           `ch:"starts"`
		Samples  []float64         `ch:"samples"`
	}
	params := append(slices.Clone(p.params), m.p.Params...)
	params = append(params, conn.Int("origin", m.q.Start.UnixNano()), conn.Int("step", int64(m.q.Step)))
	rows, err := rowsOf[row](ctx, s, conn.Query{SQL: when(sql, p.where+m.numbers), Params: params, Timeout: p.left})
	if err != nil {
		return err
	}
	if m.resourced {
		var ids [][16]byte
		for i := range rows {
			ids = append(ids, rows[i].Resource)
		}
		if err := s.reader.addResourcesOf(ctx, m.q.Project, ids, m.resources); err != nil {
			return err
		}
	}
	for i := range rows {
		row := &rows[i]
		g := m.group(int(row.Column), m.values(row.Texts, row.Resource))
		if g.Count == 0 {
			g.Low, g.High = row.Low, row.High
		}
		g.Low, g.High = min(g.Low, row.Low), max(g.High, row.High)
		g.Count += row.Weights
		g.Sum += row.Total
		if m.q.Buckets {
			for b, n := range row.Buckets {
				g.Buckets[b] += n
			}
		}
		for k := range row.TraceIDs {
			if len(g.Samples) < m.q.Samples {
				g.Samples = append(g.Samples, MeasuredSample{TraceID([]byte(row.TraceIDs[k])), SpanID(row.SpanIDs[k]), unixTime(row.Starts[k]), row.Samples[k]})
			}
		}
	}
	return nil
}

// values are those of By.
func (m *measure) values(texts []string, resource [16]byte) []*Attr {
	values := make([]*Attr, len(m.q.By))
	for i, a := range m.q.By {
		if m.decode[i] != nil {
			values[i] = m.decode[i](texts[i])
		}
		if values[i] == nil && (a.Scope == filter.Resource || a.Scope == filter.Any) {
			values[i] = find(m.resources[resource], a.Key)
		}
	}
	return values
}

func (m *measure) group(column int, values []*Attr) *MeasuredGroup {
	var b strings.Builder
	b.WriteString(strconv.Itoa(column))
	for _, v := range values {
		if v == nil {
			b.WriteString("\x00-")
			continue
		}
		fmt.Fprintf(&b, "\x00%d%d:%s", v.Type, len(v.Text), v.Text)
	}
	key := b.String()
	g := m.groups[key]
	if g == nil {
		g = &MeasuredGroup{Column: column, Values: values, Buckets: map[int16]float64{}}
		m.groups[key] = g
		m.order = append(m.order, key)
	}
	return g
}

// addResourcesOf reads the attributes of resources that are not known yet.
func (r *Reader) addResourcesOf(ctx context.Context, project string, ids [][16]byte, known map[[16]byte][]Attr) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id [16]byte) bool { _, ok := known[id]; return ok })
	slices.SortFunc(missing, func(a, b [16]byte) int { return cmp.Compare(string(a[:]), string(b[:])) })
	missing = slices.Compact(missing)
	if len(missing) == 0 {
		return nil
	}
	spans := make([]Span, len(missing))
	for i, id := range missing {
		spans[i].Resource = &Resource{ID: id}
	}
	if err := r.addResources(ctx, project, spans); err != nil {
		return err
	}
	for i := range spans {
		known[missing[i]] = spans[i].Resource.Attrs
	}
	return nil
}
