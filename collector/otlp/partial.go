package otlp

import (
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp/walk"
)

// partial is the answer to a request of which items were rejected. A retry is answered as the first request was, by whose clock
// they were judged.
func (in *Intake) partial(s *signal, found *walk.Result, receipt journal.Receipt) admission.Partial {
	var p admission.Partial
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
	p.Message = fmt.Sprintf("%d of %d %ss rejected (%s)", p.Rejected, found.Items, s.item, strings.Join(counts, ", "))
	if same && len(found.Rejected) > 0 {
		reason := found.FirstReason()
		f := &found.First[reason]
		p.Message += fmt.Sprintf("; first: %s %d", s.item, f.Ordinal)
		if len(f.Name) > 0 {
			p.Message += fmt.Sprintf(" %.80q", strings.ToValidUTF8(string(f.Name), "\ufffd"))
		}
		p.Message += fmt.Sprintf(" %s (%s)", in.because(s, reason, f), s.limit(reason))
	}
	return p
}

// examples keeps for every reason the first item that was rejected, without its name: that is the sender's.
// Only where there are too many series the metrics are named that have them, as the list of metrics does.
func (in *Intake) examples(s *signal, q *Request, found *walk.Result, now time.Time) {
	for reason := range walk.Reasons {
		if found.Counts[reason] == 0 {
			continue
		}
		f := &found.First[reason]
		because := in.because(s, reason, f)
		if reason == walk.SeriesLimit {
			because = in.Series.Refused(q.Project)
		}
		in.Accounts.Rejected(reason.String(), admission.Example{Time: now, Signal: q.Signal, Protocol: q.Protocol, Peer: q.Peer,
			Message: fmt.Sprintf("%s %d of %d %s (%s)", s.item, f.Ordinal, found.Items, because, s.limit(reason))})
	}
}

func (in *Intake) because(s *signal, reason walk.Reason, f *walk.Offender) string {
	at := time.Unix(0, int64(f.Time)).UTC().Format(time.RFC3339)
	switch reason {
	case walk.HistInvalid:
		return "has bounds that do not ascend, or not one bucket more than bounds"
	case walk.SeriesLimit:
		return fmt.Sprintf("would begin a new series, and a project has at most %d at a time, a metric %d; those that are there go on; see ingest.max_series", in.Limits.Series, in.Limits.OfMetric)
	case walk.LabelLimit:
		return fmt.Sprintf("has more than %d attributes, or one longer than %d bytes", walk.MaxLabels, walk.MaxLabelValue)
	case walk.TraceIDZero:
		return "has no trace id"
	case walk.SpanIDZero:
		return "has no span id"
	case walk.TooNew:
		return fmt.Sprintf("%s at %s, more than %v ahead of this clock", s.happens, at, in.Limits.Future)
	default:
		return fmt.Sprintf("%s at %s, before the retention of %v", s.happens, at, s.keep(in.retention()))
	}
}
