package tempo

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceql"
)

// parse reads a query; the error says where it is wrong.
func parse(text string) (*traceql.Query, error) {
	q, err := traceql.Parse(text)
	if err != nil {
		return nil, told(text, err)
	}
	return q, nil
}

// told is an error about a query's text in Tempo's words, with the line and the column, in characters from 1; any other as it is.
func told(text string, err error) error {
	var bad *traceql.Error
	if !errors.As(err, &bad) {
		return err
	}
	before := text[:min(max(bad.Offset, 0), len(text))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return api.Errorf(api.BadParameter, "invalid TraceQL query: parse error at line %d, col %d: %s", line, column, bad.Msg)
}

// keyValueJSON is an attribute in protobuf's JSON.
type keyValueJSON struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

// valueOf is an AnyValue: a duration is its text, as statuses and kinds are.
func valueOf(v traceql.Value) map[string]any {
	switch v.Type {
	case traceql.TypeInt:
		return map[string]any{"intValue": strconv.FormatInt(v.Int, 10)}
	case traceql.TypeFloat:
		return map[string]any{"doubleValue": number(v.Float)}
	case traceql.TypeBool:
		return map[string]any{"boolValue": v.Bool}
	case traceql.TypeString:
		return map[string]any{"stringValue": v.Text}
	case traceql.TypeDuration:
		return map[string]any{"stringValue": v.Duration().String()}
	case traceql.TypeStatus:
		return map[string]any{"stringValue": v.Status().String()}
	case traceql.TypeKind:
		return map[string]any{"stringValue": v.Kind().String()}
	}
	return map[string]any{"stringValue": "nil"}
}

// number is a float in protobuf's JSON, where NaN and the infinities are strings.
func number(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}
