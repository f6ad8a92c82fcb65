package traceapi

import (
	"context"
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
)

// StorageFunc tells what is stored, at the cost of some queries; it may answer with figures that are half a minute old.
type StorageFunc func(ctx context.Context, project string) (Storage, error)

// Storage is what is stored, what it takes and will take, and who sends it.
type Storage struct {
	Computed    time.Time         `json:"computed"`
	Signals     []SignalStorage   `json:"signals"`
	Tables      []TableStorage    `json:"tables"`
	Disk        *Disk             `json:"disk"` // nil: a server's, and not known
	Services    []ServiceArrivals `json:"services"`
	WindowS     int               `json:"window_s"` // that services are counted over, ending when this was computed
	DeadLetters *DeadLetters      `json:"dead_letters"`
	Dropping    Dropping          `json:"dropping"`
}

// SignalStorage is what traces, logs, metrics, rollups or what they share takes.
type SignalStorage struct {
	Signal         string         `json:"signal"`
	Items          int64          `json:"items"` // spans, log records, points; 0 for rollups
	Bytes          int64          `json:"bytes"`
	RetentionDays  int            `json:"retention_days"` // of new data without a rule for its service; 0: none
	Classes        []ClassStorage `json:"classes"`
	Days           []DayStorage   `json:"days"`
	BytesPerDay    float64        `json:"bytes_per_day"`
	Basis          string         `json:"basis"` // of bytes_per_day: none, hour, today or days
	ProjectedBytes int64          `json:"projected_bytes"`
}

// ClassStorage is what a retention class holds.
type ClassStorage struct {
	Days   int    `json:"days"`      // as it was written
	Keep   int    `json:"keep_days"` // as it is kept now
	Bytes  int64  `json:"bytes"`
	Oldest string `json:"oldest"` // day
	Newest string `json:"newest"`
}

// DayStorage is what there is of a day, or of the week that begins with it.
type DayStorage struct {
	Day   string `json:"day"`
	Items int64  `json:"items"`
	Bytes int64  `json:"bytes"`
}

// TableStorage is what a table takes.
type TableStorage struct {
	Table  string `json:"table"`
	Signal string `json:"signal"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	Parts  int64  `json:"parts"`
}

// Disk is the disk of the data folder.
type Disk struct {
	FreeBytes    int64    `json:"free_bytes"`
	TotalBytes   int64    `json:"total_bytes"`
	ReserveBytes int64    `json:"reserve_bytes"` // that the journal leaves free
	FullInDays   *float64 `json:"full_in_days"`  // at the present rate, down to the reserve; nil: what is dropped makes room in time
}

// ServiceArrivals is what a service sent, by the times of its items.
type ServiceArrivals struct {
	Service string           `json:"service"`
	Items   map[string]int64 `json:"items"` // by signal
}

// DeadLetters is what was acknowledged and could not be stored.
type DeadLetters struct {
	File    string      `json:"file"`
	Bytes   int64       `json:"bytes"`
	Letters int         `json:"letters"` // requests, or parts of them
	Last    *DeadLetter `json:"last"`
}

// DeadLetter is one of them.
type DeadLetter struct {
	Time   time.Time `json:"time"`
	Signal string    `json:"signal"`
	Reason string    `json:"reason"`
	Error  string    `json:"error"`
	Items  int64     `json:"items"`
}

// Dropping is how what is past its retention goes.
type Dropping struct {
	Looked       *time.Time `json:"looked"`        // nil: not since the start
	Partitions   int        `json:"partitions"`    // dropped since the start
	DroppedBytes int64      `json:"dropped_bytes"` // since the start
	Held         []string   `json:"held"`          // signals whose drop waits for a person
	Error        string     `json:"error"`         // "": the last look went well
}

func (h *handlers) storage(w http.ResponseWriter, r *http.Request) error {
	if err := api.ParamsOf(r).Err(); err != nil {
		return err
	}
	if h.Storage == nil {
		return api.Errorf(api.NotFound, "this instance does not know what is stored")
	}
	s, err := h.Storage(r.Context(), api.CallerOf(r.Context()).Project)
	if err != nil {
		return err
	}
	s.Signals, s.Tables, s.Services, s.Dropping.Held = orEmpty(s.Signals), orEmpty(s.Tables), orEmpty(s.Services), orEmpty(s.Dropping.Held)
	for i := range s.Signals {
		s.Signals[i].Classes, s.Signals[i].Days = orEmpty(s.Signals[i].Classes), orEmpty(s.Signals[i].Days)
	}
	return api.WriteJSON(w, s)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
