package traces

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed exceptions_groups.sql
	exceptionGroupsSQL string
	//go:embed exceptions_seen.sql
	exceptionSeenSQL string
	//go:embed exceptions_steps.sql
	exceptionStepsSQL string
	//go:embed exceptions_examples.sql
	exceptionExamplesSQL string
	//go:embed exceptions_versions.sql
	exceptionVersionsSQL string
)

const (
	// MaxExceptionGroups bounds how many groups of a range are told apart, those with most exceptions first.
	MaxExceptionGroups = 10_000
	maxExceptionSteps  = 200_000
	// versionLookback is how long before a group came first an older version of its service is looked for.
	versionLookback = 24 * time.Hour
)

// ExceptionQuery asks for groups of exceptions. A nil or empty field asks for all.
type ExceptionQuery struct {
	Project        string
	Range          Range
	Service        string
	Env, Namespace *string
	Words          []string // each is in the type, message, place, service or operation, in any case
}

func (q ExceptionQuery) params() []conn.Param {
	words := make([]string, len(q.Words))
	for i, w := range q.Words {
		words[i] = strings.ToLower(w)
	}
	return append(q.scope(), conn.Str("service", q.Service), conn.Strings("words", words))
}

func (q ExceptionQuery) scope() []conn.Param {
	p := q.Range.params(q.Project)
	for name, v := range map[string]*string{"env": q.Env, "namespace": q.Namespace} {
		text, any := "", uint8(1)
		if v != nil {
			text, any = *v, 0
		}
		p = append(p, conn.Str(name, text), conn.Uint("any_"+name, any))
	}
	return p
}

// ExceptionGroup is exceptions of one service that one place in its code raises.
type ExceptionGroup struct {
	Fingerprint   uint64
	Service, Type string
	Place         string // the top frame of the service's own code; "": no stack trace
	Message       string // of the newest
	Count         float64
	Exceptions    uint64 // stored, unweighted
	Escaped       uint8  // 0 nothing said, 1 no, 2 yes
	LastInRange   time.Time
}

// ExceptionGroups gives the groups of a range, those with most exceptions first.
func (r *Reader) ExceptionGroups(ctx context.Context, q ExceptionQuery) ([]ExceptionGroup, error) {
	type row struct {
		Fingerprint uint64  `ch:"fingerprint"`
		Service     string  `ch:"of_service"`
		Type        string  `ch:"of_type"`
		Place       string  `ch:"newest_place"`
		Message     string  `ch:"newest_message"`
		Total       float64 `ch:"total"`
		Rows        uint64  `ch:"rows"`
		Escapes     uint8   `ch:"escapes"`
		Last        int64   `ch:"last_here"`
	}
	var groups []ExceptionGroup
	params := append(q.params(), conn.Uint("limit", uint64(MaxExceptionGroups)))
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: exceptionGroupsSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read groups of exceptions: %w", err)
		}
		groups = append(groups, ExceptionGroup{
			Fingerprint: row.Fingerprint, Service: row.Service, Type: row.Type, Place: row.Place, Message: row.Message,
			Count: row.Total, Exceptions: row.Rows, Escaped: row.Escapes, LastInRange: unixTime(row.Last),
		})
	}
	return groups, nil
}

// ExceptionSeen is what all that is kept tells of a group.
type ExceptionSeen struct {
	First, Last time.Time
	Version     string // of the first
	Service     string
}

// ExceptionsSeen tells since when groups are there, beyond any range: as far back as spans are kept.
func (r *Reader) ExceptionsSeen(ctx context.Context, project string, fingerprints []uint64) (map[uint64]ExceptionSeen, error) {
	seen := map[uint64]ExceptionSeen{}
	if len(fingerprints) == 0 {
		return seen, nil
	}
	type row struct {
		Fingerprint uint64 `ch:"fingerprint"`
		First       int64  `ch:"first"`
		Last        int64  `ch:"last"`
		Version     string `ch:"first_version"`
		Service     string `ch:"of_service"`
	}
	params := []conn.Param{conn.Str("project", project), conn.Uints("fingerprints", fingerprints)}
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: exceptionSeenSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read when exceptions were first seen: %w", err)
		}
		seen[row.Fingerprint] = ExceptionSeen{unixTime(row.First), unixTime(row.Last), row.Version, row.Service}
	}
	return seen, nil
}

// ExceptionStep is the exceptions of a group in a step of time, by operation and version.
type ExceptionStep struct {
	Fingerprint        uint64
	At                 time.Time
	Operation, Version string
	Count              float64
	First, Last        time.Time
}

// ExceptionSteps gives groups by steps of time. The query's service and words say nothing here.
func (r *Reader) ExceptionSteps(ctx context.Context, q ExceptionQuery, fingerprints []uint64, step time.Duration) ([]ExceptionStep, error) {
	if len(fingerprints) == 0 {
		return nil, nil
	}
	type row struct {
		Fingerprint uint64  `ch:"fingerprint"`
		At          int64   `ch:"at"`
		Operation   string  `ch:"operation"`
		Version     string  `ch:"version"`
		Total       float64 `ch:"total"`
		First       int64   `ch:"first"`
		Last        int64   `ch:"last"`
	}
	var steps []ExceptionStep
	params := append(q.scope(), conn.Uints("fingerprints", fingerprints), conn.Int("step", int64(step/time.Second)), conn.Uint("limit", uint64(maxExceptionSteps)))
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: exceptionStepsSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read exceptions by time: %w", err)
		}
		steps = append(steps, ExceptionStep{row.Fingerprint, time.Unix(row.At, 0).UTC(), row.Operation, row.Version, row.Total, unixTime(row.First), unixTime(row.Last)})
	}
	return steps, nil
}

// ExceptionExample is one exception of a group.
type ExceptionExample struct {
	TraceID            TraceID
	SpanID             SpanID
	Start              time.Time // of the span
	Operation, Version string
	Service, Type      string
	Place, Message     string
	Escaped            uint8
}

// ExceptionExamples gives the newest exceptions of a group in a range.
func (r *Reader) ExceptionExamples(ctx context.Context, project string, in Range, fingerprint uint64, limit int) ([]ExceptionExample, error) {
	type row struct {
		TraceID   [16]byte `ch:"trace_id"`
		SpanID    uint64   `ch:"span_id"`
		Started   int64    `ch:"started"`
		Operation string   `ch:"operation"`
		Version   string   `ch:"version"`
		Service   string   `ch:"service"`
		Type      string   `ch:"type"`
		Place     string   `ch:"place"`
		Message   string   `ch:"message"`
		Escaped   uint8    `ch:"escaped"`
	}
	var examples []ExceptionExample
	params := append(in.params(project), conn.Uint("fingerprint", fingerprint), conn.Uint("limit", uint64(limit)))
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: exceptionExamplesSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read examples of exceptions: %w", err)
		}
		examples = append(examples, ExceptionExample{
			row.TraceID, SpanID(row.SpanID), unixTime(row.Started), row.Operation, row.Version, row.Service, row.Type, row.Place, row.Message, row.Escaped,
		})
	}
	return examples, nil
}

// VersionSince is a version of a service and the minute in which it first came.
type VersionSince struct {
	Version string
	First   time.Time
}

// VersionsAround gives the versions that services had in a range and the day before it.
func (r *Reader) VersionsAround(ctx context.Context, project string, in Range, services []string) (map[string][]VersionSince, error) {
	versions := map[string][]VersionSince{}
	if len(services) == 0 {
		return versions, nil
	}
	type row struct {
		Service string `ch:"service"`
		Version string `ch:"version"`
		First   int64  `ch:"first"`
	}
	in.From = in.From.Add(-versionLookback)
	params := append(in.params(project), conn.Strings("services", services))
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: exceptionVersionsSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read versions of services: %w", err)
		}
		versions[row.Service] = append(versions[row.Service], VersionSince{row.Version, time.Unix(row.First, 0).UTC()})
	}
	return versions, nil
}
