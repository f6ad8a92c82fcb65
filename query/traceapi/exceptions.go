package traceapi

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

// Exceptions reads groups of exceptions.
type Exceptions interface {
	// ExceptionGroups of a range, those with most exceptions first.
	ExceptionGroups(ctx context.Context, q traces.ExceptionQuery) ([]traces.ExceptionGroup, error)
	// ExceptionsSeen tells since when groups are there, beyond any range.
	ExceptionsSeen(ctx context.Context, project string, fingerprints []uint64) (map[uint64]traces.ExceptionSeen, error)
	// ExceptionSteps gives groups by time, operation and version.
	ExceptionSteps(ctx context.Context, q traces.ExceptionQuery, fingerprints []uint64, step time.Duration) ([]traces.ExceptionStep, error)
	// ExceptionExamples gives the newest of a group.
	ExceptionExamples(ctx context.Context, project string, in traces.Range, fingerprint uint64, limit int) ([]traces.ExceptionExample, error)
	// VersionsAround gives the versions that services had in a range and the day before.
	VersionsAround(ctx context.Context, project string, in traces.Range, services []string) (map[string][]traces.VersionSince, error)
}

type (
	countsJSON struct {
		Step  int       `json:"step_s"`
		Start time.Time `json:"start"`
		Count []float64 `json:"count"`
	}
	exceptionJSON struct {
		Fingerprint  string     `json:"fingerprint"`
		Service      string     `json:"service"`
		Type         string     `json:"type"`
		Message      string     `json:"message"`
		Place        string     `json:"place"`
		Operations   []string   `json:"operations"` // those with most first; at most 5
		Count        float64    `json:"count"`
		Escaped      *bool      `json:"escaped"`
		FirstSeen    time.Time  `json:"first_seen"`
		LastSeen     time.Time  `json:"last_seen"`
		Version      string     `json:"version"`        // of the first
		New          bool       `json:"new"`            // first seen in the range
		NewInVersion bool       `json:"new_in_version"` // an older version was there before, and did not have it
		Series       countsJSON `json:"series"`
	}
	exceptionsJSON struct {
		Exceptions []exceptionJSON `json:"exceptions"`
		Groups     int             `json:"groups"`
		Complete   bool            `json:"complete"`
		NextCursor *string         `json:"next_cursor"`
	}
)

const (
	defaultExceptions   = 50
	maxExceptions       = 500
	maxExceptionText    = 1024
	shownOperations     = 5
	exceptionsByCount   = "count"
	exceptionsByLast    = "last_seen"
	exceptionsByFirst   = "first_seen"
	exceptionCursorSize = 16
)

// FingerprintText is how a group is named outside.
func fingerprintText(f uint64) string { return fmt.Sprintf("%016x", f) }

func (h *handlers) exceptions(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "from", "to", "env", "namespace", "service", "sort", "limit", "cursor")
	q := traces.ExceptionQuery{
		Project: api.CallerOf(r.Context()).Project, Range: rangeOf(p.Range(h.Now())), Service: p.Text("service", maxExceptionText),
		Env: p.Optional("env", maxEnvName), Namespace: p.Optional("namespace", maxEnvName), Words: strings.Fields(p.Text("q", maxExceptionText)),
	}
	sort, limit, cursor := p.Choice("sort", exceptionsByCount, exceptionsByLast, exceptionsByFirst), p.Int("limit", defaultExceptions, 1, maxExceptions), p.Text("cursor", 64)
	if err := p.Err(); err != nil {
		return err
	}
	after, err := parseExceptionCursor(cursor)
	if err != nil {
		return err
	}
	groups, err := h.Exceptions.ExceptionGroups(r.Context(), q)
	if err != nil {
		return err
	}
	out := exceptionsJSON{Exceptions: []exceptionJSON{}, Groups: len(groups), Complete: len(groups) < traces.MaxExceptionGroups}
	var seen map[uint64]traces.ExceptionSeen
	if sort == exceptionsByFirst { // of all, to know which come first
		if seen, err = h.Exceptions.ExceptionsSeen(r.Context(), q.Project, fingerprints(groups)); err != nil {
			return err
		}
	}
	page, next := pageOf(groups, after, limit, func(g *traces.ExceptionGroup) uint64 {
		switch sort {
		case exceptionsByLast:
			return uint64(g.LastInRange.UnixNano())
		case exceptionsByFirst:
			return uint64(seen[g.Fingerprint].First.UnixNano())
		default:
			return math.Float64bits(g.Count) // of what is not negative, in the order of the numbers
		}
	})
	out.NextCursor = next
	if out.Exceptions, err = h.describe(r.Context(), q, page, seen); err != nil {
		return err
	}
	return api.WriteJSON(w, out)
}

func fingerprints(groups []traces.ExceptionGroup) []uint64 {
	list := make([]uint64, len(groups))
	for i := range groups {
		list[i] = groups[i].Fingerprint
	}
	return list
}

// place is where a page of groups begins: after this one.
type exceptionPlace struct{ rank, fingerprint uint64 }

func (a exceptionPlace) compare(b exceptionPlace) int {
	return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.fingerprint, b.fingerprint))
}

// pageOf sorts the groups by rank, the highest first, and cuts a page out of them.
func pageOf(groups []traces.ExceptionGroup, after *exceptionPlace, limit int, rank func(*traces.ExceptionGroup) uint64) (page []traces.ExceptionGroup, next *string) {
	at := func(g *traces.ExceptionGroup) exceptionPlace { return exceptionPlace{rank(g), g.Fingerprint} }
	slices.SortFunc(groups, func(a, b traces.ExceptionGroup) int { return at(&a).compare(at(&b)) })
	if after != nil {
		groups = groups[slices.IndexFunc(append(groups, traces.ExceptionGroup{}), func(g traces.ExceptionGroup) bool {
			return g.Fingerprint == 0 || after.compare(at(&g)) < 0
		}):]
	}
	if len(groups) <= limit {
		return groups, nil
	}
	last := at(&groups[limit-1])
	text := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, last.rank), last.fingerprint))
	return groups[:limit], &text
}

func parseExceptionCursor(text string) (*exceptionPlace, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != exceptionCursorSize {
		return nil, badCursor()
	}
	return &exceptionPlace{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}, nil
}

// describe completes groups with what is known of them beyond the range and by time. seen may be nil.
func (h *handlers) describe(ctx context.Context, q traces.ExceptionQuery, groups []traces.ExceptionGroup, seen map[uint64]traces.ExceptionSeen) ([]exceptionJSON, error) {
	g := gridOf(q.Range, sparklinePoints)
	names := fingerprints(groups)
	var steps []traces.ExceptionStep
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		steps, err = h.Exceptions.ExceptionSteps(ctx, q, names, g.step)
		return err
	})
	var versions map[string][]traces.VersionSince
	group.Go(func() (err error) {
		if seen == nil {
			if seen, err = h.Exceptions.ExceptionsSeen(ctx, q.Project, names); err != nil {
				return err
			}
		}
		versions, err = h.versionsBefore(ctx, q, names, seen)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	by := byFingerprint(steps)
	out := make([]exceptionJSON, len(groups))
	for i := range groups {
		out[i] = exceptionOf(q, g, &groups[i], seen[groups[i].Fingerprint], by[groups[i].Fingerprint], versions)
	}
	return out, nil
}

func byFingerprint(steps []traces.ExceptionStep) map[uint64][]traces.ExceptionStep {
	by := map[uint64][]traces.ExceptionStep{}
	for _, s := range steps {
		by[s.Fingerprint] = append(by[s.Fingerprint], s)
	}
	return by
}

// versionsBefore reads the versions of services whose groups came first within the range; of others nobody asks.
func (h *handlers) versionsBefore(ctx context.Context, q traces.ExceptionQuery, names []uint64, seen map[uint64]traces.ExceptionSeen) (map[string][]traces.VersionSince, error) {
	var in traces.Range
	var services []string
	for _, f := range names {
		s, ok := seen[f]
		if !ok || s.Version == "" || s.First.Before(q.Range.From) {
			continue
		}
		if !slices.Contains(services, s.Service) {
			services = append(services, s.Service)
		}
		if in.From.IsZero() || s.First.Before(in.From) {
			in.From = s.First
		}
		if to := s.First.Add(time.Minute); to.After(in.To) {
			in.To = to
		}
	}
	return h.Exceptions.VersionsAround(ctx, q.Project, in, services)
}

// newInVersion says that the version in which a group was first seen came after another one of its service.
func newInVersion(s traces.ExceptionSeen, versions []traces.VersionSince) bool {
	if s.Version == "" {
		return false
	}
	since := s.First
	for _, v := range versions {
		if v.Version == s.Version && v.First.Before(since) {
			since = v.First
		}
	}
	return slices.ContainsFunc(versions, func(v traces.VersionSince) bool {
		return v.Version != s.Version && v.First.Before(since.Truncate(time.Minute))
	})
}

func exceptionOf(q traces.ExceptionQuery, g grid, e *traces.ExceptionGroup, s traces.ExceptionSeen, steps []traces.ExceptionStep, versions map[string][]traces.VersionSince) exceptionJSON {
	out := exceptionJSON{
		Fingerprint: fingerprintText(e.Fingerprint), Service: e.Service, Type: e.Type, Message: e.Message, Place: e.Place,
		Count: servicemap.Round(e.Count), FirstSeen: s.First, LastSeen: s.Last, Version: s.Version, Operations: []string{},
		Series: countsJSON{int(g.step / time.Second), g.start, make([]float64, g.n)},
	}
	if e.Escaped > 0 {
		escaped := e.Escaped == 2
		out.Escaped = &escaped
	}
	out.New = !s.First.IsZero() && !s.First.Before(q.Range.From) && s.First.Before(q.Range.To)
	out.NewInVersion = newInVersion(s, versions[e.Service])
	for _, step := range steps {
		if i, ok := g.index(step.At); ok {
			out.Series.Count[i] = servicemap.Round(out.Series.Count[i] + step.Count)
		}
	}
	for i, o := range operationCounts(steps) {
		if i == shownOperations {
			break
		}
		out.Operations = append(out.Operations, o.Name)
	}
	return out
}

type operationCountJSON struct {
	Name  string  `json:"name"`
	Count float64 `json:"count"`
}

func operationCounts(steps []traces.ExceptionStep) []operationCountJSON {
	counts := map[string]float64{}
	for _, s := range steps {
		counts[s.Operation] += s.Count
	}
	out := make([]operationCountJSON, 0, len(counts))
	for name, n := range counts {
		out = append(out, operationCountJSON{name, servicemap.Round(n)})
	}
	slices.SortFunc(out, func(a, b operationCountJSON) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return out
}
