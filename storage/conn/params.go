package conn

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Param is a value that the server puts in the place of {name:Type}. It never becomes part of the statement's text.
type Param struct {
	name    string
	value   string // in the escaped text form that parameters are read in
	setting bool
}

// Setting is no value of the statement but a setting for it alone, e.g. insert_deduplication_token. Writers only.
func Setting(name, value string) Param { return Param{name: name, value: value, setting: true} }

// Str is a String (or FixedString, or anything else that is read from text). Any bytes may be in it.
func Str(name, value string) Param { return Param{name: name, value: escapeText(value)} }

// Int is an integer of any size.
func Int[T ~int | ~int8 | ~int16 | ~int32 | ~int64](name string, value T) Param {
	return Param{name: name, value: strconv.FormatInt(int64(value), 10)}
}

// Uint is an unsigned integer of any size.
func Uint[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](name string, value T) Param {
	return Param{name: name, value: strconv.FormatUint(uint64(value), 10)}
}

// Float is a Float64, without loss.
func Float(name string, value float64) Param {
	return Param{name: name, value: strconv.FormatFloat(value, 'g', -1, 64)}
}

// Bool is a Bool or a UInt8.
func Bool(name string, value bool) Param {
	if value {
		return Param{name: name, value: "1"}
	}
	return Param{name: name, value: "0"}
}

// Time is a DateTime64(9), as seconds with nine decimals since 1970. Compare times only with such a parameter: a strict < between
// a DateTime64 key and a DateTime loses rows.
func Time(name string, value time.Time) Param { return Param{name: name, value: timeText(value)} }

// Strings is an Array(String).
func Strings(name string, values []string) Param {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + escapeQuoted(v) + "'"
	}
	return array(name, quoted)
}

// Ints is an Array of integers.
func Ints[T ~int | ~int8 | ~int16 | ~int32 | ~int64](name string, values []T) Param {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.FormatInt(int64(v), 10)
	}
	return array(name, texts)
}

// Uints is an Array of unsigned integers.
func Uints[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](name string, values []T) Param {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.FormatUint(uint64(v), 10)
	}
	return array(name, texts)
}

// Times is an Array(DateTime64(9)).
func Times(name string, values []time.Time) Param {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = "'" + timeText(v) + "'"
	}
	return array(name, texts)
}

func array(name string, elements []string) Param {
	return Param{name: name, value: "[" + strings.Join(elements, ",") + "]"}
}

func timeText(t time.Time) string {
	seconds, ns := t.Unix(), int64(t.Nanosecond())
	sign := ""
	if seconds < 0 {
		sign = "-"
		if seconds = -seconds; ns > 0 {
			seconds, ns = seconds-1, 1e9-ns
		}
	}
	// ClickHouse takes ten digits for seconds since 1970, and fewer, with a fraction, for a mistake.
	return fmt.Sprintf("%s%010d.%09d", sign, seconds, ns)
}

var (
	textEscapes   = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\x00", `\0`)
	quotedEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\x00", `\0`)
)

// escapeText writes a whole value as a field of tab-separated text; escapeQuoted the inside of a quoted string in an array.
func escapeText(s string) string   { return textEscapes.Replace(s) }
func escapeQuoted(s string) string { return quotedEscapes.Replace(s) }

// options hand params to clickhouse-go, which sends values as they are here.
func options(params []Param) []clickhouse.QueryOption {
	values, settings := clickhouse.Parameters{}, clickhouse.Settings{}
	for _, p := range params {
		if p.setting {
			settings[p.name] = p.value
		} else {
			values[p.name] = p.value
		}
	}
	return []clickhouse.QueryOption{clickhouse.WithParameters(values), clickhouse.WithSettings(settings)}
}
