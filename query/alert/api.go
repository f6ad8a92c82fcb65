package alert

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/metrics"
)

// answer is that of GET /api/alerts. No slice is nil.
type answer struct {
	At         time.Time `json:"at"`
	Configured bool      `json:"configured"`
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Counts     Counts    `json:"counts"`
	Alerts     []Alert   `json:"alerts"`
	Groups     []Group   `json:"groups"`
	Problems   []string  `json:"problems"`
}

// Routes are the API's lines of the route table; without a service they say that nothing is configured.
func Routes(s *Service, now api.Clock) []api.Route {
	h := handlers{s, now}
	return []api.Route{{Method: http.MethodGet, Pattern: "/api/alerts", Cost: api.Query, Handle: h.alerts}}
}

type handlers struct {
	service *Service
	now     api.Clock
}

// maxAlerts in an answer; what is left out is said.
const maxAlerts = 5000

func (h handlers) alerts(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "from", "to")
	now := h.now().UTC()
	a := answer{At: now, From: now, To: now, Alerts: []Alert{}, Groups: []Group{}, Problems: []string{}}
	ranged := p.Has("from") || p.Has("to")
	if ranged {
		a.From, a.To = p.Range(now)
	}
	if err := p.Err(); err != nil {
		return err
	}
	s := h.service
	if s == nil {
		return api.WriteJSON(w, a)
	}
	a.Configured = true
	a.Groups = s.groups()
	a.Problems = append(a.Problems, s.Problems()...)
	if ranged {
		found, whole, err := s.between(r.Context(), a.From, a.To)
		var limit *metrics.LimitError
		if errors.As(err, &limit) {
			return &api.Error{Code: api.QueryLimit, Message: "the time range has more of alerts than can be read at once", Hint: "choose a shorter one", Cause: err}
		}
		if err != nil {
			return err
		}
		if !whole {
			a.Problems = append(a.Problems, "The time range has more of alerts than can be read at once; some that have ended are missing. Choose a shorter range.")
		}
		a.Alerts = append(a.Alerts, found...)
	} else {
		a.Alerts = append(a.Alerts, s.active()...)
	}
	a.Counts = countOf(a.Alerts)
	sortAlerts(a.Alerts)
	if len(a.Alerts) > maxAlerts {
		a.Alerts = slices.Clip(a.Alerts[:maxAlerts])
		a.Problems = append(a.Problems, "There are more alerts than are shown here.")
	}
	return api.WriteJSON(w, a)
}
