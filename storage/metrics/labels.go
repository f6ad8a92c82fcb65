package metrics

import (
	"cmp"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/otlptranslator"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/sightline/sightline/storage/encode"
)

// Translation makes Prometheus's names and labels out of OpenTelemetry's, as the compatibility specification has it and as
// Prometheus's own OTLP receiver does. It is applied when series are read: nothing of it is stored. Which samples a histogram or a
// summary becomes is the business of whoever evaluates.
type Translation struct {
	Strategy otlptranslator.TranslationStrategyOption // "": UnderscoreEscapingWithSuffixes
}

func (t Translation) strategy() otlptranslator.TranslationStrategyOption {
	return cmp.Or(t.Strategy, otlptranslator.UnderscoreEscapingWithSuffixes)
}

// Name is Prometheus's name of a metric: http.server.request.duration in s is http_server_request_duration_seconds. A name that has no
// such form is given as it is, and so is one that is Prometheus's already.
func (t Translation) Name(m Metric) string {
	if m.Prometheus {
		return m.Name
	}
	namer := otlptranslator.NewMetricNamer("", t.strategy())
	name, err := namer.Build(otlptranslator.Metric{Name: m.Name, Unit: m.Unit, Type: typeOf(m.Kind, m.Monotonic)})
	if err != nil {
		return m.Name
	}
	return name
}

func typeOf(k Kind, monotonic bool) otlptranslator.MetricType {
	switch k {
	case Gauge:
		return otlptranslator.MetricTypeGauge
	case Sum:
		if monotonic {
			return otlptranslator.MetricTypeMonotonicCounter
		}
		return otlptranslator.MetricTypeNonMonotonicCounter
	case Histogram:
		return otlptranslator.MetricTypeHistogram
	case ExponentialHistogram:
		return otlptranslator.MetricTypeExponentialHistogram
	case Summary:
		return otlptranslator.MetricTypeSummary
	}
	return otlptranslator.MetricTypeUnknown
}

// Labels are Prometheus's labels of a series: its name, its attributes, job and instance from the resource, and the scope. Attributes
// whose keys become one label are joined in the order of their keys, with a semicolon. Of what came from Prometheus they are those that
// it sent.
func (t Translation) Labels(s *Series) labels.Labels {
	if s.Prometheus() {
		return s.sentLabels()
	}
	b := labels.NewScratchBuilder(len(s.Attrs) + 6)
	add := func(name, value string) {
		if value != "" {
			b.Add(name, value)
		}
	}
	namer := otlptranslator.LabelNamer{UTF8Allowed: !t.strategy().ShouldEscape()}
	from := make([]encode.Value, 0, len(s.Attrs)+len(s.Scope.Attrs))
	for _, a := range s.Attrs {
		from = append(from, encode.Value{Key: a.Key, Text: a.Plain()})
	}
	for _, a := range s.Scope.Attrs {
		from = append(from, encode.Value{Key: "otel_scope_" + a.Key, Text: a.Plain()})
	}
	slices.SortStableFunc(from, func(x, y encode.Value) int { return cmp.Compare(x.Key, y.Key) })
	joined := map[string]string{}
	for _, a := range from {
		name, err := namer.Build(a.Key)
		if err != nil || a.Text == "" {
			continue
		}
		if before, ok := joined[name]; ok {
			joined[name] = before + ";" + a.Text
		} else {
			joined[name] = a.Text
		}
	}
	// What the specification defines goes before attributes of the same name.
	own := map[string]string{
		model.MetricNameLabel:   t.Name(Metric{Name: s.Name, Unit: s.Unit, Kind: s.Kind, Monotonic: s.Monotonic}),
		"otel_scope_name":       s.Scope.Name,
		"otel_scope_version":    s.Scope.Version,
		"otel_scope_schema_url": s.Scope.SchemaURL,
	}
	if service, ok := find(s.Resource.Attrs, "service.name"); ok {
		own["job"] = service
		if namespace, _ := find(s.Resource.Attrs, "service.namespace"); namespace != "" {
			own["job"] = namespace + "/" + service
		}
	}
	own["instance"], _ = find(s.Resource.Attrs, "service.instance.id")
	for name, value := range joined {
		if own[name] == "" {
			add(name, value)
		}
	}
	for name, value := range own {
		add(name, value)
	}
	b.Sort()
	return b.Labels()
}
