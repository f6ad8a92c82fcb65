package traceapi

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/sightline/sightline/query/api"
)

// StatusFunc tells how the instance is doing. It answers quickly, also while the engine restarts: figures that only the engine
// has may then be old or zero.
type StatusFunc func(ctx context.Context) (Status, error)

// Status of an instance, as /api/status tells it. The handler fills Now and Auth.User.
type Status struct {
	Version   string            `json:"version"`
	Started   time.Time         `json:"started"`
	Now       time.Time         `json:"now"`
	Endpoints Endpoints         `json:"endpoints"`
	HasData   bool              `json:"has_data"` // spans, log records or data points are stored
	Auth      AuthStatus        `json:"auth"`
	Engine    EngineStatus      `json:"engine"`
	Ingest    map[string]Ingest `json:"ingest"` // by signal
	// Refused are requests that were not taken, so that their items are nowhere in Ingest, since this process started: by reason.
	Refused map[string]int64 `json:"refused"`
	// Examples are the last refused requests, and the last rejected items of requests that were taken, by reason; newest first.
	Examples  map[string][]RefusalExample `json:"refused_examples"`
	Arrivals  []Arrival                   `json:"arrivals"`
	LagMS     float64                     `json:"lag_ms"` // age of the oldest item that is received and not stored
	Journal   JournalStatus               `json:"journal"`
	Storage   StorageStatus               `json:"storage"`
	Loader    LoaderStatus                `json:"loader"`
	Retention RetentionStatus             `json:"retention"`
	Warnings  []string                    `json:"warnings"`
	// Damaged are the parts of tables that the engine can't read, by table, for /metrics; Warnings name each.
	Damaged map[string]Damage `json:"-"`
	// Projects are Ingest by project, for /metrics: the page belongs to who runs the instance.
	Projects []ProjectIngest `json:"-"`
}

// Damage counts parts of a table: those that questions fail on, and those that the engine has put aside.
type Damage struct{ Unreadable, Aside int }

// ProjectIngest accounts for a signal of a project. Undecodable is not known by project.
type ProjectIngest struct {
	Signal, Project string
	Ingest
}

// Endpoints are the addresses that the instance listens at, "" where it does not.
type Endpoints struct {
	HTTP     string `json:"http"`
	OTLPGRPC string `json:"otlp_grpc"`
	OTLPHTTP string `json:"otlp_http"`
}

// AuthStatus says whether readers log in, and who asks.
type AuthStatus struct {
	Required bool   `json:"required"`
	User     string `json:"user"`
}

// EngineStatus is the storage engine's. State is starting, ready, restarting or failed.
type EngineStatus struct {
	State    string `json:"state"`
	Version  string `json:"version"`
	Restarts int    `json:"restarts"`
	Error    string `json:"error"`
}

// Ingest accounts for a signal: Received = Stored + all of Rejected and Dropped + Deduplicated + InJournal + DeadLetter.
type Ingest struct {
	Received     int64            `json:"received"`
	Stored       int64            `json:"stored"`
	Rejected     map[string]int64 `json:"rejected"`            // by reason
	Dropped      map[string]int64 `json:"dropped_by_pipeline"` // by processor, with what one holds back now
	Deduplicated int64            `json:"deduplicated"`
	InJournal    int64            `json:"in_journal"`
	DeadLetter   int64            `json:"dead_letter"`
	Deleted      int64            `json:"deleted,omitempty"` // of the stored ones, by people, since
	Undecodable  int64            `json:"undecodable"`       // requests, not items
	// What was changed on the way in, apart from the sum: secrets masked, and items by what was mended or odd in them.
	Redacted  int64            `json:"redacted"`
	Sanitized map[string]int64 `json:"sanitized"`
}

// Add puts another project's figures on top.
func (i *Ingest) Add(o Ingest) {
	i.Received += o.Received
	i.Stored += o.Stored
	i.Deduplicated += o.Deduplicated
	i.InJournal += o.InJournal
	i.DeadLetter += o.DeadLetter
	i.Deleted += o.Deleted
	i.Undecodable += o.Undecodable
	i.Redacted += o.Redacted
	for _, m := range []struct {
		to   *map[string]int64
		from map[string]int64
	}{{&i.Rejected, o.Rejected}, {&i.Dropped, o.Dropped}, {&i.Sanitized, o.Sanitized}} {
		if *m.to == nil {
			*m.to = map[string]int64{}
		}
		for reason, n := range m.from {
			(*m.to)[reason] += n
		}
	}
}

// Arrival is what came in one way since this process started. Items are those received, whatever became of them.
type Arrival struct {
	Signal   string    `json:"signal"`
	Protocol string    `json:"protocol"` // otlp/grpc, otlp/http, zipkin, jaeger, prometheus, remote_write, xray, collector
	Requests int64     `json:"requests"`
	Bytes    int64     `json:"bytes"` // after decompression
	Items    int64     `json:"items"`
	Last     time.Time `json:"last"`
}

// RefusalExample is a request that was not taken, or an item that is not stored. Signal is "" where nobody can say, Peer where
// nobody knows.
type RefusalExample struct {
	Time     time.Time `json:"time"`
	Signal   string    `json:"signal"`
	Protocol string    `json:"protocol"`
	Peer     string    `json:"peer"`
	Message  string    `json:"message"`
}

// JournalStatus is how full the journal is.
type JournalStatus struct {
	Bytes    int64 `json:"bytes"`
	MaxBytes int64 `json:"max_bytes"`
	Segments int   `json:"segments"`
	// Oldest is when the oldest record that is not stored was received; nil: everything is.
	Oldest      *time.Time `json:"oldest"`
	Full        bool       `json:"full"`        // senders are asked to come back later
	Quarantined []string   `json:"quarantined"` // damaged segments that were put aside
}

// LoaderStatus is that of what brings the journal into storage. State is idle, loading, settling or waiting_for_engine.
type LoaderStatus struct {
	State   string     `json:"state"`
	Batches int64      `json:"batches"` // stored since the start
	Error   string     `json:"error"`   // the last since the start, which may be long mended; "": none
	ErrorAt *time.Time `json:"error_at"`
	// DirtyMinutes are those whose rollups will be computed again even if nothing more arrives; for /metrics.
	DirtyMinutes int `json:"-"`
}

// StorageStatus is how much is stored.
type StorageStatus struct {
	SpanRows int64 `json:"spans_rows"`
	Bytes    int64 `json:"bytes"`
}

// RetentionStatus is how long data is kept.
type RetentionStatus struct {
	TracesDays  int `json:"traces_days"`
	LogsDays    int `json:"logs_days"`
	MetricsDays int `json:"metrics_days"`
	RollupsDays int `json:"rollups_days"`
}

func (h *handlers) status(w http.ResponseWriter, r *http.Request) error {
	if err := api.ParamsOf(r).Err(); err != nil {
		return err
	}
	s, err := h.Status(r.Context())
	if err != nil {
		return err
	}
	s.Now = h.Now().UTC()
	s.Started = s.Started.UTC()
	s.Auth.User = api.CallerOf(r.Context()).User
	if s.Warnings == nil {
		s.Warnings = []string{}
	}
	if s.Journal.Quarantined == nil {
		s.Journal.Quarantined = []string{}
	}
	if s.Refused == nil {
		s.Refused = map[string]int64{}
	}
	if s.Examples == nil {
		s.Examples = map[string][]RefusalExample{}
	}
	s.Arrivals = slices.SortedFunc(slices.Values(s.Arrivals), func(a, b Arrival) int {
		return cmp.Or(cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Protocol, b.Protocol))
	})
	if s.Arrivals == nil {
		s.Arrivals = []Arrival{}
	}
	ingest := make(map[string]Ingest, len(s.Ingest))
	for signal, i := range s.Ingest {
		if i.Rejected == nil {
			i.Rejected = map[string]int64{}
		}
		if i.Dropped == nil {
			i.Dropped = map[string]int64{}
		}
		if i.Sanitized == nil {
			i.Sanitized = map[string]int64{}
		}
		ingest[signal] = i
	}
	s.Ingest = ingest
	return api.WriteJSON(w, s)
}
