package engine

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Exception is a statement's failure as ClickHouse words it.
type Exception struct {
	Code    int    // ClickHouse's error code; 0 where the text names none
	Message string // "Code: N. DB::Exception: ... (NAME)"
}

func (e *Exception) Error() string { return e.Message }

var codePrefix = regexp.MustCompile(`^(?:Code: (\d+)\. DB::(?:\w*)Exception: )`)

// parseException reads the library's error text. It wraps a nested failure once or more ("Code: 241. DB::Exception: Code: 241.
// DB::Exception: ..."); one wrapping is enough.
func parseException(text string) *Exception {
	text = strings.TrimSpace(text)
	m := codePrefix.FindStringSubmatch(text)
	if m == nil {
		return &Exception{Code: 1002, Message: fmt.Sprintf("Code: 1002. DB::Exception: %s (UNKNOWN_EXCEPTION)", text)}
	}
	code, _ := strconv.Atoi(m[1])
	for strings.HasPrefix(text[len(m[0]):], m[0]) {
		text = text[len(m[0]):]
	}
	return &Exception{Code: code, Message: text}
}

// exception makes a failure of the server's own in ClickHouse's words.
func exception(code int, name, format string, args ...any) *Exception {
	return &Exception{Code: code, Message: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}
