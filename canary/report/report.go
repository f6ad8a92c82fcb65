// Package report counts what a canary sent, looked for and found wrong, and says it to people and machines.
package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sightline/sightline/canary/content"
)

// Category says what is wrong.
type Category string

// Categories. Of what was acknowledged everything must be there, once, as it was sent; of the rest nothing may be there twice.
const (
	NotFoundByID     Category = "not_found_by_id"
	NotFoundBySearch Category = "not_found_by_search"
	MissingSpans     Category = "missing_spans"
	MissingLog       Category = "missing_log"
	MissingPoint     Category = "missing_point"
	Duplicate        Category = "duplicate"
	WrongContent     Category = "wrong_content"
	BadSignature     Category = "bad_signature" // content that this run never signed
	NeverSent        Category = "never_sent"
	ServiceMissing   Category = "service_missing"
	ServiceWrong     Category = "service_wrong"
	MapMissing       Category = "map_missing"
	MapWrong         Category = "map_wrong"
	BooksWrong       Category = "books_wrong" // the accounts of /api/status do not add up
	Rejected         Category = "rejected"    // valid data was refused for good

	NotAccepted Category = "not_accepted" // nobody acknowledged it in time: no loss
	ReadFailed  Category = "read_failed"  // an API did not answer: nothing is known
)

// unknown are the categories that say that something could not be checked, and nothing about what is stored.
func (c Category) unknown() bool { return c == NotAccepted || c == ReadFailed }

// Finding is one thing that is wrong.
type Finding struct {
	Category Category  `json:"category"`
	Signal   string    `json:"signal"`
	API      string    `json:"api"`
	Time     time.Time `json:"time"` // of what it is about
	Item     string    `json:"item"` // a trace id, or what an item is found by
	Detail   string    `json:"detail"`
}

// Signal is what became of a signal.
type Signal struct {
	Signal         string  `json:"signal"`
	Sent           int     `json:"sent"` // requests
	Acknowledged   int     `json:"acknowledged"`
	Unacknowledged int     `json:"unacknowledged"`
	Rejected       int     `json:"rejected"`
	Items          int     `json:"items"`        // acknowledged
	Checked        int     `json:"checked"`      // requests whose items were looked for one by one
	FreshP50       float64 `json:"fresh_p50_ms"` // from the acknowledgement to being found; 0: not measured
	FreshP99       float64 `json:"fresh_p99_ms"`

	fresh []time.Duration // the last maxFresh
}

const maxFresh = 10_000

// SeenAfter notes how long it took until a request was found.
func (s *Signal) SeenAfter(d time.Duration) {
	if len(s.fresh) >= maxFresh {
		s.fresh = append(s.fresh[:0], s.fresh[maxFresh/2:]...)
	}
	s.fresh = append(s.fresh, d)
}

// API is how often an API was asked about something and was wrong.
type API struct {
	API       string `json:"api"`
	NotServed bool   `json:"not_served"`
	Checks    int    `json:"checks"`
	Problems  int    `json:"problems"`
}

// Report is what a canary found.
type Report struct {
	Run      string           `json:"run"`
	URL      string           `json:"url"`
	Endpoint string           `json:"endpoint,omitempty"`
	Protocol string           `json:"protocol,omitempty"`
	Began    time.Time        `json:"began"`
	Ended    time.Time        `json:"ended"`
	Good     bool             `json:"good"` // everything that was acknowledged is there
	Verdict  string           `json:"verdict"`
	Signals  []*Signal        `json:"signals"`
	APIs     []*API           `json:"apis"`
	Problems map[Category]int `json:"problems"`
	Examples []Finding        `json:"examples"` // the first hundred

	mu   sync.Mutex
	seen map[string]bool // findings, so that two checks that see one thing count it once per API
}

const maxExamples = 100

// New is empty.
func New(run string) *Report {
	r := &Report{Run: run, Began: time.Now().UTC(), Problems: map[Category]int{}, seen: map[string]bool{}, Examples: []Finding{}}
	for s := range content.Signals {
		r.Signals = append(r.Signals, &Signal{Signal: s.String()})
	}
	return r
}

// Of changes the figures of a signal.
func (r *Report) Of(s content.Signal, change func(*Signal)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r.Signals[s])
}

func (r *Report) api(name string) *API {
	for _, a := range r.APIs {
		if a.API == name {
			return a
		}
	}
	r.APIs = append(r.APIs, &API{API: name})
	return r.APIs[len(r.APIs)-1]
}

// Checked counts a question to an API and what was wrong with the answer.
func (r *Report) Checked(api string, findings []Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.api(api).Checks++
	for _, f := range findings {
		r.add(f)
	}
}

func (r *Report) add(f Finding) {
	key := fmt.Sprint(f.Category, f.API, f.Item, f.Detail)
	if r.seen[key] {
		return
	}
	if len(r.seen) < 100_000 { // a canary that runs for months does not remember everything
		r.seen[key] = true
	}
	r.Problems[f.Category]++
	if f.API != "" {
		r.api(f.API).Problems++
	}
	if len(r.Examples) < maxExamples {
		r.Examples = append(r.Examples, f)
	}
}

// Found are the examples but for the first that are known.
func (r *Report) Found(known int) []Finding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.Examples[min(known, len(r.Examples)):])
}

// NotServed notes an API that this server does not have.
func (r *Report) NotServed(api string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.api(api).NotServed = true
}

// End computes what is said at the end.
func (r *Report) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Ended = time.Now().UTC()
	acknowledged := 0
	for _, s := range r.Signals {
		acknowledged += s.Acknowledged
		sorted := slices.Sorted(slices.Values(s.fresh))
		s.FreshP50, s.FreshP99 = quantile(sorted, 0.5), quantile(sorted, 0.99)
	}
	wrong, unknown := 0, 0
	for c, n := range r.Problems {
		if c.unknown() {
			unknown += n
		} else {
			wrong += n
		}
	}
	slices.SortStableFunc(r.APIs, func(a, b *API) int { return cmp.Compare(a.API, b.API) })
	r.Good = wrong+unknown == 0 && acknowledged > 0
	switch {
	case wrong > 0:
		r.Verdict = fmt.Sprintf("%s.", plural(wrong, "thing is wrong", "things are wrong"))
	case acknowledged == 0:
		r.Verdict = "Nothing was acknowledged, so there is nothing to say."
	case unknown > 0:
		r.Verdict = fmt.Sprintf("Nothing is wrong with what could be checked; %s not be.", plural(unknown, "thing could", "things could"))
	default:
		r.Verdict = "Everything that was acknowledged is there, once, as it was sent."
	}
}

// ExitCode is 0 if all is well, 1 if something is missing or wrong, 2 if that could not be told.
func (r *Report) ExitCode() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.Good:
		return 0
	case slices.ContainsFunc(slices.Collect(maps.Keys(r.Problems)), func(c Category) bool { return !c.unknown() }):
		return 1
	}
	return 2
}

// quantile of sorted times, in milliseconds.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := min(int(q*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[i].Microseconds()) / 1000
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
