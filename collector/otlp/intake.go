package otlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp/walk"
)

// Journal is where requests are made durable.
type Journal interface {
	IngestID(project string, signal uint8, body []byte) [16]byte
	AppendOnce(ctx context.Context, r journal.Record) (journal.Receipt, error)
	Append(ctx context.Context, r journal.Record) (journal.Position, error)
	Full() bool
}

// Intake decides on requests, whatever way they came. All fields but Now and Log are required; it is safe for concurrent use.
type Intake struct {
	Journal  Journal
	Auth     admission.Authenticator
	Limits   admission.Limits // without zero fields
	Accounts *admission.Accounts
	Gate     *admission.Gate
	Rates    *admission.Rates
	Now      func() time.Time
	Log      *slog.Logger
}

// NewIntake fills in what follows from the limits.
func NewIntake(j Journal, auth admission.Authenticator, l admission.Limits, a *admission.Accounts, log *slog.Logger) *Intake {
	l = l.WithDefaults()
	return &Intake{
		Journal: j, Auth: auth, Limits: l, Accounts: a, Gate: admission.NewGate(l.InFlight), Rates: admission.NewRates(l), Now: time.Now, Log: log,
	}
}

var results = sync.Pool{New: func() any { return new(walk.Result) }}

// Request is a request for traces after decompression.
type Request struct {
	Project  string
	IngestID [16]byte // of the body as the client sent it
	Body     []byte   // protobuf; not kept
	Size     int      // bytes as the client sent them, after decompression
}

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

// Traces answers a request: when it returns without an error, everything that Partial does not count is on disk. Every error is
// an *admission.Refusal, and then nothing of the request is stored.
func (in *Intake) Traces(ctx context.Context, q Request) (admission.Partial, error) {
	if err := in.Rates.Take(q.Project, q.Size); err != nil {
		return admission.Partial{}, err
	}
	now := in.Now()
	found := results.Get().(*walk.Result)
	defer func() {
		if found.First.Name = nil; cap(found.Rejected) <= 16<<10 {
			results.Put(found)
		}
	}()
	window := walk.Window{From: uint64(now.Add(-in.Limits.Retention).UnixNano()), To: uint64(now.Add(in.Limits.Future).UnixNano())}
	if err := walk.Traces(q.Body, window, found); errors.Is(err, walk.ErrTooDeep) {
		return admission.Partial{}, admission.TooDeep()
	} else if err != nil {
		return admission.Partial{}, admission.Malformed("body is no ExportTraceServiceRequest: %v", err)
	}
	if found.Spans == 0 {
		in.Accounts.Answered(q.Project, q.Size, 0, 0, nil, now)
		return admission.Partial{}, nil
	}
	record := journal.Record{
		Kind: journal.KindData, Signal: journal.SignalTraces, Project: q.Project, Received: now, LimitsVersion: admission.LimitsVersion,
		IngestID: q.IngestID, Rejected: found.Rejected, Items: found.Spans - uint32(len(found.Rejected)), Body: q.Body,
	}
	for reason := range walk.Reasons {
		if n := found.Counts[reason]; n > 0 {
			if record.Reasons == nil {
				record.Reasons = map[string]uint32{}
			}
			record.Reasons[reason.String()] = n
		}
	}
	receipt, err := in.append(ctx, &record)
	if err != nil {
		return admission.Partial{}, in.refuse(err)
	}
	accepted, repeated := receipt.Items, uint32(0)
	if receipt.Duplicate {
		accepted, repeated = 0, receipt.Items
	}
	in.Accounts.Answered(q.Project, q.Size, accepted, repeated, receipt.Reasons, now)
	return in.partial(found, receipt), nil
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

func (in *Intake) refuse(err error) error {
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

// partial is the answer. A retry is answered as the first request was, by whose clock the spans were judged.
func (in *Intake) partial(found *walk.Result, receipt journal.Receipt) admission.Partial {
	var p admission.Partial
	if len(receipt.Reasons) == 0 {
		return p
	}
	var counts []string
	same := true
	for reason := range walk.Reasons {
		n := receipt.Reasons[reason.String()]
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, reason))
		}
		p.Rejected += int64(n)
		same = same && n == found.Counts[reason]
	}
	p.Message = fmt.Sprintf("%d of %d spans rejected (%s)", p.Rejected, found.Spans, strings.Join(counts, ", "))
	if same && len(found.Rejected) > 0 {
		f := &found.First
		p.Message += fmt.Sprintf("; first: span %d %.80q %s (%s)", f.Ordinal, strings.ToValidUTF8(string(f.Name), "\ufffd"), in.because(f), f.Reason.Limit())
	}
	return p
}

func (in *Intake) because(f *walk.Offender) string {
	at := time.Unix(0, int64(f.Time)).UTC().Format(time.RFC3339)
	switch f.Reason {
	case walk.TraceIDZero:
		return "has no trace id"
	case walk.SpanIDZero:
		return "has no span id"
	case walk.TooNew:
		return fmt.Sprintf("starts at %s, more than %v ahead of this clock", at, in.Limits.Future)
	default:
		return fmt.Sprintf("starts at %s, before the retention of %v", at, in.Limits.Retention)
	}
}

// recovered turns a panic into a refusal. What it was goes to the log, with the place.
func (in *Intake) recovered(p any, err *error) {
	if p == nil {
		return
	}
	in.Log.Error("panic while taking a request", "panic", p, "stack", string(debug.Stack()))
	*err = admission.Internal()
}

// refused counts a refusal.
func (in *Intake) refused(err error) refusal {
	r := admission.AsRefusal(err)
	in.Accounts.Refused(r.Reason)
	return refusal{r}
}

// notServed names what was asked for by its gRPC method or HTTP path.
func notServed(path string) *admission.Refusal {
	for _, signal := range []string{"logs", "metrics", "profiles"} {
		if strings.HasSuffix(path, "/"+signal) || strings.Contains(path, "."+signal+".") {
			return admission.NotServed("sightline does not store %s yet; it takes traces. OTEL_%s_EXPORTER=none sends none", signal, strings.ToUpper(signal))
		}
	}
	return admission.NotServed("nothing is served at %.100q; sightline takes traces at POST %s and at gRPC %s", path, tracesPath, traceExport)
}
