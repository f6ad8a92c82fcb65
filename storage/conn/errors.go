package conn

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// ErrUnavailable says that ClickHouse did not answer, or not to the end: it restarts, or can't be reached. Whether a write was done
// is unknown. It is worth another try, later.
var ErrUnavailable = errors.New("clickhouse is unavailable")

// ErrTimeout says that a query's own time limit ended it.
var ErrTimeout = errors.New("the query's time limit was reached")

// Error is a statement's failure in ClickHouse's words.
type Error struct {
	Code    int32  // ClickHouse's number, e.g. 60
	Name    string // e.g. UNKNOWN_TABLE; may be ""
	Message string
}

func (e *Error) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("clickhouse error %d: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("clickhouse error %d (%s): %s", e.Code, e.Name, e.Message)
}

// Codes that callers branch on.
const (
	CodeUnknownTable    = 60
	CodeUnknownDatabase = 81
	CodeTimeout         = 159 // max_execution_time
	CodeReadonly        = 164
	CodeMemoryLimit     = 241
	CodeCancelled       = 394
)

// Code is the ClickHouse error code in err, or 0.
func Code(err error) int32 {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// explain turns what clickhouse-go returned into this package's words: the context's own error, ErrUnavailable, or an *Error.
func (c *call) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // ErrTimeout for a query's own limit
	}
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		if exception.Code == CodeTimeout {
			return fmt.Errorf("%w: %s", ErrTimeout, exception.Message)
		}
		return &Error{Code: exception.Code, Name: exception.CodeName, Message: exception.Message}
	}
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	if c.failure != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, c.failure)
	}
	if errors.Is(err, clickhouse.ErrAcquireConnTimeout) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

var (
	codePattern = regexp.MustCompile(`Code: (\d+)\. `)
	namePattern = regexp.MustCompile(`\(([A-Z][A-Z0-9_]+)\)`)
)

// parseError reads the text of a failed answer; code is the header's, 0 when there was none.
func parseError(code int32, text []byte) error {
	message := strings.TrimSpace(string(text))
	if m := codePattern.FindStringSubmatch(message); m != nil && code == 0 {
		n, _ := strconv.ParseInt(m[1], 10, 32)
		code = int32(n)
	}
	if code == 0 {
		return fmt.Errorf("read clickhouse's answer: %q", message)
	}
	e := &Error{Code: code, Message: message}
	if m := namePattern.FindAllStringSubmatch(message, -1); m != nil {
		e.Name = m[len(m)-1][1]
	}
	return e
}

// damageNames are ClickHouse's errors of a file that is not as it was written.
var damageNames = []string{
	"ATTEMPT_TO_READ_AFTER_EOF", "CANNOT_DECOMPRESS", "CANNOT_READ_ALL_DATA", "CANNOT_READ_FROM_FILE_DESCRIPTOR", "CHECKSUM_DOESNT_MATCH",
	"CORRUPTED_DATA", "FILE_DOESNT_EXIST", "INCORRECT_DATA", "SIZES_OF_COLUMNS_DOESNT_MATCH", "UNKNOWN_CODEC",
}

// DamageNames are the names of errors that DamagedPart may find a part in.
func DamageNames() []string { return slices.Clone(damageNames) }

var partPattern = regexp.MustCompile(`while reading from part (\S+?)/? in table ([^\s.]+)\.(\S+) `)

// DamagedPart is the part whose files could not be read, by ClickHouse's message.
func DamagedPart(message string) (database, table, part string, ok bool) {
	m := partPattern.FindStringSubmatch(message)
	if m == nil {
		return "", "", "", false
	}
	return m[2], m[3], path.Base(m[1]), true
}

// Damage says that an error is a damaged file, and of which table and part.
func Damage(err error) (table, part string, ok bool) {
	var e *Error
	if !errors.As(err, &e) || !slices.ContainsFunc(damageNames, func(name string) bool { return e.Name == name || strings.Contains(e.Message, "("+name+")") }) {
		return "", "", false
	}
	_, table, part, ok = DamagedPart(e.Message)
	return table, part, ok
}
