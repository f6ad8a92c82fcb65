package traceapi

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

type (
	exceptionVersionJSON struct {
		Name      string    `json:"name"`
		Count     float64   `json:"count"`
		FirstSeen time.Time `json:"first_seen"`
		LastSeen  time.Time `json:"last_seen"`
	}
	exceptionExampleJSON struct {
		TraceID   string    `json:"trace_id"`
		SpanID    string    `json:"span_id"`
		Start     time.Time `json:"start"`
		Operation string    `json:"operation"`
		Version   string    `json:"version"`
		Message   string    `json:"message"`
	}
	stackJSON struct {
		Text    string `json:"text"`
		TraceID string `json:"trace_id"`
		SpanID  string `json:"span_id"`
	}
	exceptionDetailJSON struct {
		exceptionJSON
		Versions        []exceptionVersionJSON `json:"versions"` // in the range
		OperationCounts []operationCountJSON   `json:"operation_counts"`
		Examples        []exceptionExampleJSON `json:"examples"`
		Stack           *stackJSON             `json:"stacktrace"`
	}
)

const (
	shownExamples    = 10
	shownCounts      = 100
	exceptionHistory = 10 * 366 * 24 * time.Hour // longer than anything is kept
)

func (h *handlers) exception(w http.ResponseWriter, r *http.Request) error {
	fingerprint, bad := strconv.ParseUint(r.PathValue("fingerprint"), 16, 64)
	p := api.ParamsOf(r, "from", "to", "env", "namespace")
	q := traces.ExceptionQuery{
		Project: api.CallerOf(r.Context()).Project, Range: rangeOf(p.Range(h.Now())),
		Env: p.Optional("env", maxEnvName), Namespace: p.Optional("namespace", maxEnvName),
	}
	if err := p.Err(); err != nil {
		return err
	}
	if bad != nil || len(r.PathValue("fingerprint")) != 16 {
		return api.Errorf(api.BadParameter, "%q is no fingerprint", r.PathValue("fingerprint")).WithHint("give the 16 hex digits that /api/exceptions lists")
	}
	g := gridOf(q.Range, chartPoints)
	names := []uint64{fingerprint}
	var steps []traces.ExceptionStep
	var seen map[uint64]traces.ExceptionSeen
	var versions map[string][]traces.VersionSince
	var examples []traces.ExceptionExample
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() (err error) {
		steps, err = h.Exceptions.ExceptionSteps(ctx, q, names, g.step)
		return err
	})
	group.Go(func() (err error) {
		if seen, err = h.Exceptions.ExceptionsSeen(ctx, q.Project, names); err != nil {
			return err
		}
		if s := seen[fingerprint]; s.Version != "" {
			versions, err = h.Exceptions.VersionsAround(ctx, q.Project, traces.Range{From: s.First, To: s.First.Add(time.Minute)}, []string{s.Service})
		}
		return err
	})
	group.Go(func() (err error) {
		examples, err = h.examples(ctx, q, fingerprint)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if len(examples) == 0 {
		return api.Errorf(api.NotFound, "no exceptions of the group %s are stored", fingerprintText(fingerprint)).WithHint("they may be past their retention, or deleted")
	}
	newest := &examples[0]
	e := traces.ExceptionGroup{Fingerprint: fingerprint, Service: newest.Service, Type: newest.Type, Place: newest.Place, Message: newest.Message, Escaped: newest.Escaped}
	for _, s := range steps {
		e.Count += s.Count
	}
	out := exceptionDetailJSON{
		exceptionJSON: exceptionOf(q, g, &e, seen[fingerprint], steps, versions), Versions: versionCounts(steps),
		OperationCounts: operationCounts(steps), Examples: make([]exceptionExampleJSON, len(examples)),
	}
	out.OperationCounts = out.OperationCounts[:min(len(out.OperationCounts), shownCounts)]
	for i, x := range examples {
		out.Examples[i] = exceptionExampleJSON{x.TraceID.String(), x.SpanID.String(), x.Start, x.Operation, x.Version, x.Message}
	}
	stack, err := h.stackOf(r.Context(), q.Project, fingerprint, newest)
	if err != nil {
		return err
	}
	out.Stack = stack
	return api.WriteJSON(w, out)
}

// examples are of the range, or else of any time.
func (h *handlers) examples(ctx context.Context, q traces.ExceptionQuery, fingerprint uint64) ([]traces.ExceptionExample, error) {
	found, err := h.Exceptions.ExceptionExamples(ctx, q.Project, q.Range, fingerprint, shownExamples)
	if err != nil || len(found) > 0 {
		return found, err
	}
	now := h.Now()
	return h.Exceptions.ExceptionExamples(ctx, q.Project, traces.Range{From: now.Add(-exceptionHistory), To: now.Add(24 * time.Hour)}, fingerprint, shownExamples)
}

func versionCounts(steps []traces.ExceptionStep) []exceptionVersionJSON {
	by := map[string]*exceptionVersionJSON{}
	for _, s := range steps {
		v := by[s.Version]
		if v == nil {
			v = &exceptionVersionJSON{Name: s.Version, FirstSeen: s.First, LastSeen: s.Last}
			by[s.Version] = v
		}
		v.Count = servicemap.Round(v.Count + s.Count)
		if s.First.Before(v.FirstSeen) {
			v.FirstSeen = s.First
		}
		if s.Last.After(v.LastSeen) {
			v.LastSeen = s.Last
		}
	}
	out := make([]exceptionVersionJSON, 0, len(by))
	for _, v := range by {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b exceptionVersionJSON) int {
		return cmp.Or(b.FirstSeen.Compare(a.FirstSeen), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// stackOf is the stack trace of an exception, out of its span; nil if it has none.
func (h *handlers) stackOf(ctx context.Context, project string, fingerprint uint64, x *traces.ExceptionExample) (*stackJSON, error) {
	spans, err := h.Spans.Span(ctx, project, x.TraceID, x.SpanID, traces.Range{From: x.Start, To: x.Start})
	if err != nil {
		return nil, err
	}
	best, sure := "", false
	for i := range spans {
		s := &spans[i]
		lists := [][]traces.Attr{s.Attrs}
		for _, e := range s.Events {
			if e.Name == "exception" {
				lists = append(lists, e.Attrs)
			}
		}
		for _, attrs := range lists {
			text := func(key string) string {
				if at := slices.IndexFunc(attrs, func(a traces.Attr) bool { return a.Key == key }); at >= 0 {
					return attrs[at].Text
				}
				return ""
			}
			stack, typ := text("exception.stacktrace"), text("exception.type")
			if stack == "" || sure {
				continue
			}
			// What was masked or cut when it was stored has another fingerprint now.
			sure = traces.Fingerprint(s.Service, typ, text("exception.message"), stack) == fingerprint
			if sure || best == "" && typ == x.Type {
				best = stack
			}
		}
	}
	if best == "" {
		return nil, nil
	}
	return &stackJSON{best, x.TraceID.String(), x.SpanID.String()}, nil
}
