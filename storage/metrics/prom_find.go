package metrics

import (
	_ "embed"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed prom_names.sql
	promNamesSQL string
	//go:embed prom_series.sql
	promSeriesSQL string
)

// forms are the names that a metric has in Prometheus, as far as they are asked for.
type forms struct {
	name                       string // without a suffix
	plain, count, sum, buckets bool
}

func (f forms) any() bool { return f.plain || f.count || f.sum || f.buckets }

// Suffixes of the series that a distribution becomes.
const (
	countSuffix   = "_count"
	sumSuffix     = "_sum"
	bucketSuffix  = "_bucket"
	quantileLabel = "quantile"
)

// formsOf says which of a metric's names match. Native histograms have one name, whether they came so or are exponential.
func (s *selection) formsOf(m named) forms {
	f := forms{name: m.name, plain: s.named(m.name)}
	switch {
	case m.Prometheus || m.Kind != Histogram && m.Kind != Summary:
		return f
	case m.Kind == Histogram:
		f.plain, f.buckets = false, s.named(f.name+bucketSuffix)
	}
	f.count, f.sum = s.named(f.name+countSuffix), s.named(f.name+sumSuffix)
	return f
}

func (s *selection) named(name string) bool {
	for _, m := range s.matchers {
		if m.Name == model.MetricNameLabel && !m.Matches(name) {
			return false
		}
	}
	return true
}

// metrics are those with a name that matches. Where none is remembered, it may be new.
func (s *selection) metrics() (map[Metric]forms, error) {
	for fresh := false; ; fresh = true {
		c, remembered, err := s.catalog(fresh)
		if err != nil {
			return nil, err
		}
		out := map[Metric]forms{}
		for _, m := range c.metrics {
			if f := s.formsOf(m); f.any() {
				out[m.Metric] = f
			}
		}
		if len(out) > 0 || !remembered {
			return out, nil
		}
	}
}

// source is a stored series that is asked for.
type source struct {
	Series
	labels labels.Labels // with the metric's own name
	forms  forms
}

func (s *source) delta() bool { return s.Temporality == Delta && s.Kind != Gauge && s.Kind != Summary }

// native says that its points are native histograms.
func (s *source) native() bool {
	return s.Kind == ExponentialHistogram || s.Kind == Histogram && s.Prometheus()
}

// find gives the stored series that may match, by name and id. Of distributions it is decided with their points, what matches.
func (s *selection) find() ([]source, error) {
	wanted, err := s.metrics()
	if err != nil {
		return nil, err
	}
	var names []string
	for m := range wanted {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	conditions, params := s.narrow()
	var found []source
	for some := range groups(names) {
		var page []Series
		match := func() error {
			if err := s.r.addIdentity(s.ctx, s.project, page); err != nil {
				return err
			}
			for i := range page {
				if src := (source{Series: page[i]}); s.matches(&src, wanted) {
					if len(found) >= s.maxSeries {
						return &LimitError{"series", s.maxSeries}
					}
					found = append(found, src)
				}
			}
			page = page[:0]
			return nil
		}
		params := append([]conn.Param{conn.Str("project", s.project), s.within.seen(), conn.Strings("names", some)}, params...)
		for row, err := range conn.Rows[seriesRow](s.ctx, s.r.db, conn.Query{SQL: when(promSeriesSQL, conditions), Params: params, Stream: true}) {
			if err != nil {
				return nil, err
			}
			if page = append(page, row.series()); len(page) < pageSize {
				continue
			}
			if err := match(); err != nil {
				return nil, err
			}
		}
		if err := match(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// matches makes the labels of a series and says whether they match, as far as they are known without its points.
func (s *selection) matches(src *source, wanted map[Metric]forms) bool {
	m := Metric{Name: src.Name, Kind: src.Kind, Monotonic: src.Monotonic, Unit: src.Unit, Prometheus: src.Prometheus()}
	ok := false
	if src.forms, ok = wanted[m]; !ok {
		return false
	}
	src.labels = s.translation.Labels(&src.Series)
	for _, m := range s.matchers {
		if m.Name != model.MetricNameLabel && !src.decides(m.Name) && !m.Matches(src.labels.Get(m.Name)) {
			return false
		}
	}
	return true
}

// decides says that the label is one which the points of the series decide.
func (s *source) decides(label string) bool {
	return s.Kind == Histogram && !s.native() && label == model.BucketLabel || s.Kind == Summary && label == quantileLabel
}

// maxNames is how many names a statement is told, and maxNameBytes how long they may be together: it goes in a URL.
const (
	maxNames     = 1000
	maxNameBytes = 64 << 10
)

// groups gives names in groups that a statement can be told.
func groups(names []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for len(names) > 0 {
			n, bytes := 0, 0
			for n < len(names) && n < maxNames && (n == 0 || bytes+len(names[n]) <= maxNameBytes) {
				bytes += len(names[n])
				n++
			}
			if !yield(names[:n]) {
				return
			}
			names = names[n:]
		}
	}
}

// narrow gives conditions that every series fulfils that matches; what they let pass is matched again. Only matchers that want one of
// some values are asked of storage. Which key has become a label is not: that the value is there somewhere leaves out nearly as much.
func (s *selection) narrow() (string, []conn.Param) {
	var b strings.Builder
	var params []conn.Param
	for i, m := range s.matchers {
		values := valuesOf(m)
		if m.Name == model.MetricNameLabel || values == nil {
			continue
		}
		list := "{v" + strconv.Itoa(i) + ":Array(String)}"
		params = append(params, conn.Strings("v"+strconv.Itoa(i), values))
		b.WriteString("\n    AND (" + strings.ReplaceAll(somewhere, "{v}", list))
		if slices.ContainsFunc(values, isNumber) {
			b.WriteString(" OR notEmpty(attrs_float) OR hasAny(arrayMap(x -> toString(x), mapValues(attrs_int)), " + list + ")")
		}
		switch m.Name {
		case "job":
			b.WriteString(" OR service IN " + list + " OR service = 'unknown_service' OR arrayExists(x -> endsWith(x, concat('/', service)), " + list + ")")
		case "instance":
			b.WriteString(" OR resource_id GLOBAL IN (SELECT id FROM resources WHERE project = {project:String} AND " +
				"(arrayExists(x -> x IN " + list + " OR substring(x, 3) IN " + list + ", [attrs['service.instance.id']]) OR mapContains(attrs_int, 'service.instance.id') OR mapContains(attrs_float, 'service.instance.id')))")
		case model.BucketLabel, quantileLabel:
			b.WriteString(" OR kind IN (3, 5)")
		}
		b.WriteString(")")
	}
	return b.String(), params
}

// somewhere is the condition that a series has one of the values, whatever its key. What is no string has two bytes in front; arrays and
// maps are stored in another form than labels have.
const somewhere = "arrayExists(x -> x IN {v} OR startsWith(x, '\\0') AND (substring(x, 2, 1) = 'j' OR substring(x, 3) IN {v}), arrayConcat(mapValues(attrs), mapValues(scope_attrs))) " +
	"OR scope_name IN {v} OR scope_version IN {v} OR scope_schema_url IN {v}"

// valuesOf are the values that a matcher wants one of, nil where it may be content with others. Values with a semicolon may be put together.
func valuesOf(m *labels.Matcher) []string {
	var values []string
	switch {
	case m.Matches(""):
		return nil
	case m.Type == labels.MatchEqual:
		values = []string{m.Value}
	case m.Type == labels.MatchRegexp:
		values = m.SetMatches()
	}
	bytes := 0
	for _, v := range values {
		if bytes += len(v); strings.Contains(v, ";") || bytes > maxNameBytes {
			return nil
		}
	}
	return values
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}
