package metrics

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/util/strutil"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
)

// Prefixes of a matcher's name that say where its value is looked for.
const (
	ofPoint    = "attr."
	ofResource = "resource."
)

// columns are the fields that matchers may name, each with the column that has it.
var columns = map[string]string{
	model.MetricNameLabel: "name", filter.Service: "service", filter.Namespace: "namespace", filter.Env: "env", filter.Version: "version",
	filter.ScopeName: "scope_name", filter.ScopeVersion: "scope_version", "unit": "unit",
}

// fieldOf is the field that a matcher's name means, if any.
func fieldOf(name string) (string, bool) {
	if f, ok := filter.FieldOf(name); ok {
		name = f.Name
	}
	_, ok := columns[name]
	return name, ok
}

// Value is what a matcher of this name compares with: a field of the series (`service`, `env`, `scope.name`, ...), or an attribute, the
// point's before the resource's; `attr.` and `resource.` ask for one of them. What is not there is "", as Prometheus has it.
func (s *Series) Value(name string) string {
	if field, ok := fieldOf(name); ok {
		switch field {
		case model.MetricNameLabel:
			return s.Name
		case filter.Service:
			return s.Service
		case filter.Namespace:
			return s.Namespace
		case filter.Env:
			return s.Env
		case filter.Version:
			return s.Version
		case filter.ScopeName:
			return s.Scope.Name
		case filter.ScopeVersion:
			return s.Scope.Version
		default:
			return s.Unit
		}
	}
	if key, ok := strings.CutPrefix(name, ofPoint); ok {
		text, _ := find(s.Attrs, key)
		return text
	}
	if key, ok := strings.CutPrefix(name, ofResource); ok {
		text, _ := find(s.Resource.Attrs, key)
		return text
	}
	text, ok := find(s.Attrs, name)
	if !ok {
		text, _ = find(s.Resource.Attrs, name)
	}
	return text
}

func find(attrs []encode.Value, key string) (text string, ok bool) {
	for i := range attrs {
		if attrs[i].Key == key {
			return attrs[i].Text, true
		}
	}
	return "", false
}

func (s *Series) matches(matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(s.Value(m.Name)) {
			return false
		}
	}
	return true
}

// inMaps is the condition that one of the maps may have the text under the n-th matcher's key; of floats only that there is one, since
// ClickHouse writes them otherwise.
func inMaps(test func(text string) string, n string) string {
	key := "{k" + n + ":String}"
	text := "if(startsWith(attrs[" + key + "], '\\0'), substring(attrs[" + key + "], 3), attrs[" + key + "])"
	return "(" + test(text) + " OR " + test("toString(attrs_int["+key+"])") + " OR mapContains(attrs_float, " + key + "))"
}

func inResources(test func(text string) string, n string) string {
	return "resource_id GLOBAL IN (SELECT id FROM resources WHERE project = {project:String} AND " + inMaps(test, n) + ")"
}

// narrow gives conditions that every series that matches fulfils; what they let pass is matched again. Only matchers that want something
// there are asked of storage: those that are content with nothing hardly leave anything out.
func narrow(matchers []*labels.Matcher) (string, []conn.Param) {
	var b strings.Builder
	var params []conn.Param
	for i, m := range matchers {
		if m.Matches("") || m.Type != labels.MatchEqual && m.Type != labels.MatchRegexp {
			continue
		}
		n, value := strconv.Itoa(i), m.Value
		test := func(text string) string { return text + " = {v" + n + ":String}" }
		if m.Type == labels.MatchRegexp {
			value = "^(?s:" + value + ")$"
			test = func(text string) string { return "match(" + text + ", {v" + n + ":String})" }
		}
		params = append(params, conn.Str("v"+n, value))
		b.WriteString("\n    AND ")
		if field, ok := fieldOf(m.Name); ok {
			b.WriteString(test(columns[field]))
			continue
		}
		key := m.Name
		if k, ok := strings.CutPrefix(key, ofPoint); ok {
			key = k
			b.WriteString(inMaps(test, n))
		} else if k, ok := strings.CutPrefix(key, ofResource); ok {
			key = k
			b.WriteString(inResources(test, n))
		} else {
			b.WriteString("(" + inMaps(test, n) + " OR " + inResources(test, n) + ")")
		}
		params = append(params, conn.Str("k"+n, key))
	}
	return b.String(), params
}

// Named are the matchers that ask for the metric of a name.
func Named(name string) []*labels.Matcher {
	return []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name)}
}

// ParseMatchers reads matchers as Prometheus writes them: `{key="value", other=~"a|b", !=, !~}`, with or without the braces. Keys are
// those of Series.Value; one with other signs than letters, digits and `_.-/:` stands in quotes.
func ParseMatchers(text string) ([]*labels.Matcher, error) {
	p := matcherParser{text: text}
	p.space()
	braces := p.take("{")
	var all []*labels.Matcher
	for p.space(); p.at < len(text) && text[p.at] != '}'; p.space() {
		m, err := p.matcher()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
		if p.space(); !p.take(",") {
			break
		}
	}
	if braces && !p.take("}") {
		return nil, p.fail("a } or a comma is missing")
	}
	if p.space(); p.at < len(text) {
		return nil, p.fail("a comma is missing")
	}
	return all, nil
}

// MatcherError says what is wrong with the text of matchers.
type MatcherError struct {
	Position int // byte of the text
	Problem  string
}

func (e *MatcherError) Error() string { return fmt.Sprintf("%s, at byte %d", e.Problem, e.Position) }

type matcherParser struct {
	text string
	at   int
}

func (p *matcherParser) fail(problem string) error { return &MatcherError{p.at, problem} }

func (p *matcherParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *matcherParser) take(token string) bool {
	if !strings.HasPrefix(p.text[p.at:], token) {
		return false
	}
	p.at += len(token)
	return true
}

var operators = []struct {
	text string
	typ  labels.MatchType
}{{"=~", labels.MatchRegexp}, {"!~", labels.MatchNotRegexp}, {"!=", labels.MatchNotEqual}, {"=", labels.MatchEqual}}

func (p *matcherParser) matcher() (*labels.Matcher, error) {
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	p.space()
	for _, op := range operators {
		if !p.take(op.text) {
			continue
		}
		p.space()
		at := p.at
		value, err := p.quoted()
		if err != nil {
			return nil, err
		}
		m, err := labels.NewMatcher(op.typ, key, value)
		if err != nil {
			return nil, &MatcherError{at, err.Error()}
		}
		return m, nil
	}
	return nil, p.fail("after the key comes =, !=, =~ or !~")
}

func (p *matcherParser) key() (string, error) {
	if p.at < len(p.text) && strings.IndexByte("\"'`", p.text[p.at]) >= 0 {
		return p.quoted()
	}
	from := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("_.-/:", c) >= 0) {
			break
		}
		p.at++
	}
	if p.at == from {
		return "", p.fail("a key is missing")
	}
	return p.text[from:p.at], nil
}

// quoted reads a text in quotes of any of the three kinds, with the escapes that the kind has.
func (p *matcherParser) quoted() (string, error) {
	rest := p.text[p.at:]
	if rest == "" || strings.IndexByte("\"'`", rest[0]) < 0 {
		return "", p.fail("a value in quotes is missing")
	}
	quote := rest[0]
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quote != '`':
			i++
		case rest[i] == quote:
			value, err := strutil.Unquote(rest[:i+1])
			if err != nil {
				return "", p.fail("the text in quotes can't be read")
			}
			p.at += i + 1
			return value, nil
		}
	}
	return "", p.fail("the closing quote is missing")
}
