package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed search_keys.sql
	keysSQL string
	//go:embed search_resource_keys.sql
	resourceKeysSQL string
	//go:embed search_values.sql
	valuesSQL string
	//go:embed search_resource_values.sql
	resourceValuesSQL string
	//go:embed search_red_values.sql
	redValuesSQL string
)

const (
	// keySample and valueSample are how many spans completion looks at: the maps of 10,000 spans take some 20 ms.
	keySample   = 20_000
	valueSample = 50_000
	// wordRange is how much of a range completion reads of the rollups, at its end.
	wordRange = 6 * time.Hour
	// wordTime is what a completion may take: it is asked for while someone types.
	wordTime = 2 * time.Second
)

// KeyCount is an attribute and how often the newest spans, or the resources, have it.
type KeyCount struct {
	Attr  filter.Attr
	Count float64
}

// ValueCount is a value as text and how often it occurs.
type ValueCount struct {
	Value string
	Count float64
}

// Keys gives the attribute keys that occur in the newest spans of a range and begin with the prefix, with their scope or without,
// whatever the case; the most frequent first.
func (r *Reader) Keys(ctx context.Context, project string, in Range, prefix string, limit int) ([]KeyCount, error) {
	type row struct {
		Scope uint8  `ch:"scope"`
		Key   string `ch:"key"`
		Spans uint64 `ch:"spans"`
	}
	type resourceRow struct {
		Key       string `ch:"key"`
		Resources uint64 `ch:"resources"`
	}
	scopes := [...]filter.Scope{filter.Span, filter.Instrumentation, filter.Event, filter.Link}
	var keys []KeyCount
	prefix = strings.ToLower(prefix)
	add := func(a filter.Attr, n uint64) {
		if strings.HasPrefix(strings.ToLower(a.String()), prefix) || strings.HasPrefix(strings.ToLower(a.Key), prefix) {
			keys = append(keys, KeyCount{a, float64(n)})
		}
	}
	params := append(in.params(project), conn.Uint("sample", uint64(keySample)))
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: keysSQL, Params: params, Class: conn.Completion, Timeout: wordTime}) {
		if err != nil {
			return nil, fmt.Errorf("read attribute keys: %w", err)
		}
		add(filter.Attr{Scope: scopes[row.Scope], Key: row.Key}, row.Spans)
	}
	for row, err := range conn.Rows[resourceRow](ctx, r.db, conn.Query{SQL: resourceKeysSQL, Params: in.params(project), Class: conn.Completion, Timeout: wordTime}) {
		if err != nil {
			return nil, fmt.Errorf("read resource keys: %w", err)
		}
		add(filter.Attr{Scope: filter.Resource, Key: row.Key}, row.Resources)
	}
	slices.SortStableFunc(keys, func(a, b KeyCount) int { return cmp.Compare(b.Count, a.Count) })
	return keys[:min(len(keys), limit)], nil
}

// redFields are the columns of red_1m that hold intrinsics.
var redFields = map[string]string{
	filter.Service: "service", filter.ServiceType: "service_type", filter.Env: "env", filter.Namespace: "namespace", filter.Version: "version", filter.Name: "operation",
}

// Values gives the values of an attribute or intrinsic that occur in the newest spans of a range, or in its rollups, and begin with
// the prefix, whatever the case; the most frequent first.
func (r *Reader) Values(ctx context.Context, project string, in Range, attr filter.Attr, prefix string, limit int) ([]ValueCount, error) {
	params := append(in.params(project), conn.Str("prefix", prefix), conn.Uint("limit", uint64(limit)), conn.Uint("sample", uint64(valueSample)))
	key := conn.Str("key", attr.Key)
	counts := map[string]float64{}
	read := func(sql, texts string, params ...conn.Param) error {
		type row struct {
			Value string `ch:"value"`
			Spans uint64 `ch:"spans"`
		}
		for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: when(sql, texts), Params: params, Class: conn.Completion, Timeout: wordTime}) {
			if err != nil {
				return fmt.Errorf("read values of %s: %w", attr, err)
			}
			counts[row.Value] = max(counts[row.Value], float64(row.Spans))
		}
		return nil
	}
	var err error
	if texts := spanTexts(attr); texts != "" {
		err = read(valuesSQL, texts, append(params, key)...)
	}
	if err == nil && (attr.Scope == filter.Resource || attr.Scope == filter.Any) {
		err = read(resourceValuesSQL, mapTexts, append(params, key)...)
	}
	if column := redFields[attr.Key]; err == nil && attr.Scope == filter.Intrinsic && column != "" {
		newest := Range{later(in.From, in.To.Add(-wordRange)), in.To}
		err = read(redValuesSQL, column, append(newest.params(project), conn.Str("prefix", prefix), conn.Uint("limit", uint64(limit)))...)
	}
	if err != nil {
		return nil, err
	}
	delete(counts, Overflow)
	values := make([]ValueCount, 0, len(counts))
	for value, n := range counts {
		values = append(values, ValueCount{value, n})
	}
	slices.SortFunc(values, func(a, b ValueCount) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	return values[:min(len(values), limit)], nil
}

// mapTexts are the values of a key in a row's three maps as texts. What a value is encoded with is cut off.
const mapTexts = "arrayConcat(if(mapContains(attrs, {key:String}), [" + plainText + "], []), " +
	"if(mapContains(attrs_int, {key:String}), [toString(attrs_int[{key:String}])], []), " +
	"if(mapContains(attrs_float, {key:String}), [toString(attrs_float[{key:String}])], []))"

const plainText = "if(startsWith(attrs[{key:String}], '\\0'), substring(attrs[{key:String}], 3), attrs[{key:String}])"

// inMapsTexts are the values of a key in an array of maps.
const inMapsTexts = "arrayDistinct(arrayMap(m -> if(startsWith(m[{key:String}], '\\0'), substring(m[{key:String}], 3), m[{key:String}]), "

// spanTexts is an expression for the values of an attribute in a row of spans, an Array(String); "" if they are not there.
func spanTexts(a filter.Attr) string {
	switch a.Scope {
	case filter.Intrinsic:
		if a.Key == filter.EventName {
			return "arrayDistinct(CAST(ev_name, 'Array(String)'))"
		}
		if column := textFields[a.Key]; column != "" {
			return "[toString(" + column + ")]"
		}
		return ""
	case filter.Event:
		return inMapsTexts + "ev_attrs))"
	case filter.Link:
		return inMapsTexts + "ln_attrs))"
	case filter.Instrumentation:
		return inMapsTexts + "[scope_attrs]))"
	case filter.Resource:
		return ""
	}
	switch i := liftedKeys[a.Key]; i {
	case liftNone:
		return mapTexts
	case liftHTTPStatus:
		return "arrayConcat(if(a_http_response_status_code != 0, [toString(a_http_response_status_code)], []), " + mapTexts + ")"
	default:
		return "arrayConcat([toString(" + liftedNames[i] + ")], " + mapTexts + ")"
	}
}
