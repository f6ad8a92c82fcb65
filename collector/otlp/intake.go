package otlp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp/series"
	"github.com/sightline/sightline/collector/otlp/walk"
	"github.com/sightline/sightline/collector/passage"
)

// Journal is where requests are made durable.
type Journal interface {
	IngestID(project string, signal uint8, body []byte) [16]byte
	AppendOnce(ctx context.Context, r journal.Record) (journal.Receipt, error)
	Append(ctx context.Context, r journal.Record) (journal.Position, error)
	Full() bool
}

// Intake decides on requests, whatever way they came. All fields but Now, Log and Routes are required; it is safe for concurrent use.
type Intake struct {
	Journal  Journal
	Auth     admission.Authenticator
	Limits   admission.Limits // without zero fields
	Accounts *admission.Accounts
	Gate     *admission.Gate
	Rates    *admission.Rates
	Series   *series.Limit
	Now      func() time.Time
	Log      *slog.Logger
	Routes   map[string]http.Handler // other protocols on the listener of OTLP over HTTP, by path; they do their own admission

	keep atomic.Pointer[admission.Retention] // instead of the limits' own; nil: those
}

// SetRetention changes how old an item may be, for requests from now on.
func (in *Intake) SetRetention(r admission.Retention) {
	l := admission.Limits{Retention: r}.WithDefaults()
	in.keep.Store(&l.Retention)
}

// TracesWindow is between which times spans are taken now.
func (in *Intake) TracesWindow() (from, to time.Time) {
	now := in.Now()
	return now.Add(-in.retention().Traces), now.Add(in.Limits.Future)
}

// MetricsWindow is between which times data points are taken now.
func (in *Intake) MetricsWindow() (from, to time.Time) {
	now := in.Now()
	return now.Add(-in.retention().Metrics), now.Add(in.Limits.Future)
}

func (in *Intake) retention() *admission.Retention {
	if r := in.keep.Load(); r != nil {
		return r
	}
	return &in.Limits.Retention
}

// NewIntake fills in what follows from the limits.
func NewIntake(j Journal, auth admission.Authenticator, l admission.Limits, a *admission.Accounts, log *slog.Logger) *Intake {
	l = l.WithDefaults()
	return &Intake{
		Journal: j, Auth: auth, Limits: l, Accounts: a, Gate: admission.NewGate(l.InFlight), Rates: admission.NewRates(l),
		Series: series.NewLimit(l.Series, l.OfMetric), Now: time.Now, Log: log,
	}
}

var results = sync.Pool{New: func() any { return new(walk.Result) }}

// Request is a request after decompression, of whatever signal.
type Request struct {
	Signal   uint8  // journal.SignalTraces, ...
	Protocol string // how it came: ProtocolGRPC, ..., a label of accounts and of the status page
	Project  string
	Peer     string   // address of who sent it, for examples of what is refused; may be empty
	IngestID [16]byte // of the body as the client sent it; zero: a repeat is not noticed
	Body     []byte   // protobuf of the Export...ServiceRequest; not kept
	Size     int      // bytes as the client sent them, after decompression
	Held     int64    // bytes that its buffers have taken of the gate
}

// Protocols of the two receivers here, and of a pipeline whose receiver is not known.
const (
	ProtocolGRPC     = "otlp/grpc"
	ProtocolHTTP     = "otlp/http"
	ProtocolPipeline = "collector"
)

// Ready refuses while the journal is full, so that a body that can't be taken need not be read.
func (in *Intake) Ready() error {
	if in.Journal.Full() {
		return full()
	}
	return nil
}

func full() *admission.Refusal {
	return admission.Backpressure(20*time.Second, "the journal is full or its disk is at its reserve; nothing is lost if you send again (err-sightline-journal-full)")
}

// Take answers a request: when it returns without an error, everything that Partial does not count is on disk. Every error is
// an *admission.Refusal, is counted, and then nothing of the request is stored.
func (in *Intake) Take(ctx context.Context, q Request) (admission.Partial, error) {
	partial, err := in.take(ctx, &q)
	if err != nil {
		return partial, in.Refuse(&q, err)
	}
	return partial, nil
}

func (in *Intake) take(ctx context.Context, q *Request) (admission.Partial, error) {
	s := signalOf(q.Signal)
	if s == nil {
		return admission.Partial{}, admission.NotServed("sightline does not store signal %d", q.Signal)
	}
	if err := in.Rates.Take(q.Project, q.Size); err != nil {
		return admission.Partial{}, err
	}
	now := in.Now()
	found := results.Get().(*walk.Result)
	defer func() {
		found.Drop()
		results.Put(found)
	}()
	window := walk.Window{From: uint64(now.Add(-s.keep(in.retention())).UnixNano()), To: uint64(now.Add(in.Limits.Future).UnixNano()), Series: q.Signal == journal.SignalMetrics}
	if err := s.walk(q.Body, window, found); errors.Is(err, walk.ErrTooDeep) {
		return admission.Partial{}, admission.TooDeep()
	} else if err != nil {
		return admission.Partial{}, admission.Malformed("body is no %s: %v", s.message, err)
	}
	from := admission.Origin{Project: q.Project, Signal: q.Signal, Protocol: q.Protocol}
	if found.Items == 0 {
		in.Accounts.Answered(from, admission.Answer{Bytes: q.Size, At: now})
		return admission.Partial{}, nil
	}
	in.Series.Admit(q.Project, now, found)
	record := journal.Record{
		Kind: journal.KindData, Signal: q.Signal, Project: q.Project, Received: now, LimitsVersion: admission.LimitsVersion,
		IngestID: q.IngestID, Rejected: found.Rejected, Items: found.Items - uint32(len(found.Rejected)), Body: q.Body,
	}
	for reason := range walk.Reasons {
		if n := found.Counts[reason]; n > 0 {
			if record.Reasons == nil {
				record.Reasons = map[string]uint32{}
			}
			record.Reasons[reason.String()] = n
		}
	}
	receipt, err := in.returning(ctx, &record)
	if err != nil {
		return admission.Partial{}, in.unwritten(err)
	}
	receipt.Reasons = passage.Rejections(receipt.Reasons)
	answer := admission.Answer{Bytes: q.Size, Accepted: receipt.Items, Rejected: receipt.Reasons, At: now}
	if receipt.Duplicate {
		answer.Accepted, answer.Repeated = 0, receipt.Items
	}
	in.Accounts.Answered(from, answer)
	if len(receipt.Reasons) == 0 {
		return admission.Partial{}, nil
	}
	if !receipt.Duplicate {
		in.examples(s, q, found, now)
	}
	return in.partial(s, found, receipt), nil
}

// returning makes the record durable, and with it the count of what a processor hands on that answered before.
func (in *Intake) returning(ctx context.Context, r *journal.Record) (journal.Receipt, error) {
	back := passage.ReturnFrom(ctx)
	if back == nil {
		return in.append(ctx, r)
	}
	n := back.Take(r.Project)
	if n > 0 {
		if r.Reasons == nil {
			r.Reasons = map[string]uint32{}
		}
		r.Reasons[back.Reason] = n
	}
	receipt, err := in.append(ctx, r)
	if err != nil && n > 0 {
		back.Give(r.Project, n)
	}
	return receipt, err
}

// Count makes durable that so many items of a request are counted for a reason, and not stored for now. Every error is an
// *admission.Refusal and is counted. Of the request only the fields before Body are looked at.
func (in *Intake) Count(ctx context.Context, q Request, reason string, n uint32) error {
	_, err := in.Journal.Append(ctx, journal.Record{
		Kind: journal.KindCounts, Signal: q.Signal, Project: q.Project, Received: in.Now(), LimitsVersion: admission.LimitsVersion,
		Reasons: map[string]uint32{reason: n},
	})
	if err != nil {
		return in.Refuse(&q, in.unwritten(err))
	}
	return nil
}

// append makes the record durable. One of which every item was rejected is counted, but there is nothing to repeat.
func (in *Intake) append(ctx context.Context, r *journal.Record) (journal.Receipt, error) {
	if r.Items > 0 {
		return in.Journal.AppendOnce(ctx, *r)
	}
	r.Kind, r.Body, r.Rejected = journal.KindCounts, nil, nil
	pos, err := in.Journal.Append(ctx, *r)
	return journal.Receipt{Position: pos, Reasons: r.Reasons}, err
}

// unwritten is the refusal for an error of the journal.
func (in *Intake) unwritten(err error) error {
	switch {
	case errors.Is(err, journal.ErrFull):
		return full()
	case errors.Is(err, journal.ErrClosed):
		return admission.Backpressure(2*time.Second, "sightline is stopping")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return admission.Aborted(err)
	}
	in.Log.Error("request not acknowledged", "error", err)
	return admission.Backpressure(5*time.Second, "the journal can't be written; the log of sightline says why (err-sightline-journal-write)")
}

// recovered turns a panic into a refusal. What it was goes to the log, with the place.
func (in *Intake) recovered(p any, err *error) {
	if p == nil {
		return
	}
	in.Log.Error("panic while taking a request", "panic", p, "stack", string(debug.Stack()))
	*err = admission.Internal()
}

// Refuse counts the refusal of a request that did not come to Take, or was refused there, and returns it. Of the request only
// the fields before Body are looked at.
func (in *Intake) Refuse(q *Request, err error) *admission.Refusal {
	r := admission.AsRefusal(err)
	in.Accounts.Refused(r, admission.Example{Time: in.Now(), Signal: q.Signal, Protocol: q.Protocol, Peer: q.Peer})
	return r
}
