package api

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time in any spelling that the API takes: RFC 3339, "now", "now-15m", "now+1h30m" (units s, m, h, d, w), or
// a number that is read by its digits: to 11 seconds, 12 to 14 milliseconds, 15 to 17 microseconds, more nanoseconds.
// Seconds may have a fraction. The answer is in UTC.
func ParseTime(text string, now time.Time) (time.Time, error) {
	switch {
	case text == "":
		return time.Time{}, fmt.Errorf("a time is empty")
	case strings.HasPrefix(text, "now"):
		offset, err := parseOffset(text[len("now"):])
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is no time: %w", text, err)
		}
		return inRange(now.Add(offset), text)
	case isNumber(text):
		return parseNumber(text)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time: want RFC 3339, now-15m, or a number of s, ms, µs or ns", text)
	}
	return inRange(t, text)
}

// earliest and latest are what storage can compare with: DateTime64(9) is ns in an int64.
var (
	earliest = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

func inRange(t time.Time, text string) (time.Time, error) {
	if t.Before(earliest) || t.After(latest) {
		return time.Time{}, fmt.Errorf("%q is not between 1900 and 2262", text)
	}
	return t.UTC(), nil
}

var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// maxOffset is about a hundred years.
const maxOffset = 100 * 366 * 24 * time.Hour

// parseOffset reads "", "-15m", "+1h30m".
func parseOffset(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	sign := time.Duration(1)
	switch text[0] {
	case '-':
		sign = -1
	case '+', ' ': // an unescaped + in a URL arrives as a space
	default:
		return 0, fmt.Errorf("after now comes + or -")
	}
	rest := text[1:]
	if rest == "" {
		return 0, fmt.Errorf("an amount such as 15m is missing")
	}
	var sum time.Duration
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil || digits == len(rest) || units[rest[digits]] == 0 {
			return 0, fmt.Errorf("%q is not an amount of s, m, h, d or w", rest)
		}
		unit := units[rest[digits]]
		if time.Duration(n) > maxOffset/unit {
			return 0, fmt.Errorf("%q is too much", rest)
		}
		if sum += time.Duration(n) * unit; sum > maxOffset {
			return 0, fmt.Errorf("%q is too much", text)
		}
		rest = rest[digits+1:]
	}
	return sign * sum, nil
}

func isNumber(text string) bool {
	return strings.Trim(text, "0123456789.") == "" && strings.Trim(text, ".") != ""
}

func parseNumber(text string) (time.Time, error) {
	whole, fraction, dotted := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time: the number is too long", text)
	}
	digits := len(strings.TrimLeft(whole, "0"))
	if dotted {
		if fraction == "" || strings.Contains(fraction, ".") || digits > 11 {
			return time.Time{}, fmt.Errorf("%q is no time: only seconds may have a fraction", text)
		}
		ns, _ := strconv.ParseInt((fraction + "00000000")[:9], 10, 64)
		return inRange(time.Unix(n, ns), text)
	}
	switch {
	case digits <= 11:
		return inRange(time.Unix(n, 0), text)
	case digits <= 14:
		return inRange(time.UnixMilli(n), text)
	case digits <= 17:
		return inRange(time.UnixMicro(n), text)
	}
	return inRange(time.Unix(0, n), text)
}
