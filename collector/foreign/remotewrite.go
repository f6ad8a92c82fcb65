package foreign

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/golang/snappy"
	"github.com/prometheus/client_golang/exp/api/remote"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/metadata"
	promremote "github.com/prometheus/prometheus/storage/remote"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/foreign/promotlp"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
)

// Remote write as the accounts name it, and where it is.
const (
	ProtocolRemoteWrite = "remote_write"
	RemoteWritePath     = "/api/v1/write"
)

// RemoteWrite takes Prometheus's remote write 1.0 and 2.0 with Prometheus's own handler. It answers when the journal has the samples.
func RemoteWrite(in *otlp.Intake) http.Handler {
	known := newFamilies()
	g := guard{
		in: in, signal: journal.SignalMetrics, protocol: ProtocolRemoteWrite,
		admit:   func(r *http.Request, _ []byte) error { _, err := messageOf(r); return err },
		decoded: func(r *http.Request, body []byte) (int, error) { return decodedSize(r, body, in.Limits.Request) },
	}
	options := promotlp.Options{
		Texts: spread * in.Limits.Request,
		Sink:  func(ctx context.Context, md pmetric.Metrics) error { return takeWritten(ctx, in, md) },
		Metadata: func(ctx context.Context, name string) metadata.Metadata {
			return known.find(visitOf(ctx).Project, name)
		},
	}
	v1 := newWriteHandler(remote.WriteV1MessageType, options)
	// Version 2 tells its sender sample by sample what is not taken. In version 1 one such sample would keep out the others, so there
	// they are rejected where those of OTLP are.
	options.Window = func() (from, to int64) {
		first, last := in.MetricsWindow()
		return first.UnixMilli(), last.UnixMilli()
	}
	v2 := newWriteHandler(remote.WriteV2MessageType, options)
	return g.handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r.Context())
		if version, _ := messageOf(r); version == remote.WriteV2MessageType {
			v2.ServeHTTP(w, r)
		} else {
			known.learn(v.Project, v.body)
			v1.ServeHTTP(w, r)
		}
		if partial, err := v.Answer(v.err); err == nil && partial.Rejected > 0 {
			answerPartial(w.(*answer), partial)
		}
	}))
}

// newWriteHandler is Prometheus's. It has no log: a sender could fill it, and the answer says the same.
func newWriteHandler(version remote.WriteMessageType, o promotlp.Options) http.Handler {
	return promremote.NewWriteHandler(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), promotlp.Appendable{Options: o}, remote.MessageTypes{version},
		true, false, true)
}

// messageOf says which version a request is, or why it is refused.
func messageOf(r *http.Request) (remote.WriteMessageType, error) {
	media := r.Header.Get("Content-Type")
	if media == "" {
		media = admission.MediaProtobuf // of old senders
	}
	version, err := remote.ParseProtoMsg(media)
	if err != nil {
		return "", admission.BadMediaType(media, admission.MediaProtobuf)
	}
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "", "snappy":
	default:
		return "", admission.BadEncoding("Content-Encoding %.100q is not supported; remote write is sent in snappy's block format", coding)
	}
	return version, nil
}

// decodedSize is what a body claims to be without compression, which is what its decoder reserves; in version 2 it is what its
// texts are, if they are more.
func decodedSize(r *http.Request, body []byte, limit int64) (int, error) {
	size, err := snappy.DecodedLen(body)
	switch {
	case errors.Is(err, snappy.ErrTooLarge), int64(size) > limit:
		return 0, admission.TooLarge(limit)
	case err != nil:
		return 0, admission.BadEncoding("body is not in snappy's block format: %v", err)
	}
	if version, _ := messageOf(r); version != remote.WriteV2MessageType {
		return size, nil
	}
	request, err := snappy.Decode(nil, body)
	if err != nil {
		return 0, admission.BadEncoding("body is not in snappy's block format: %v", err)
	}
	texts := expanded(request, spread*limit)
	if texts > spread*limit {
		return 0, admission.TooLarge(spread * limit)
	}
	return max(size, int(texts)), nil
}

// spread is how much larger than a request may be its texts may be, once references are followed.
const spread = 4

func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	panic("a request came past its guard") // a mistake of ours; the guard recovers
}

// takeWritten makes what a request holds durable. A repeat is known by the request as it was sent.
func takeWritten(ctx context.Context, in *otlp.Intake, md pmetric.Metrics) error {
	v := visitOf(ctx)
	v.reached = true
	if md.DataPointCount() == 0 {
		return nil
	}
	var body []byte
	if body, v.err = pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto(); v.err != nil {
		return v.err
	}
	var partial admission.Partial
	partial, v.err = in.Take(ctx, otlp.Request{
		Signal: journal.SignalMetrics, Protocol: v.Protocol, Project: v.Project, Peer: v.Peer, IngestID: v.ingest, Body: body, Size: len(body),
	})
	v.Arrived(partial, v.err)
	return v.err
}

// answerPartial says that some samples were rejected by rules that Prometheus's handler does not know. Its counts are corrected.
func answerPartial(w *answer, p admission.Partial) {
	w.status, w.body = http.StatusBadRequest, []byte(p.Message+"\n")
	left := p.Rejected
	for _, name := range [...]string{"X-Prometheus-Remote-Write-Samples-Written", "X-Prometheus-Remote-Write-Histograms-Written"} {
		if n, err := strconv.ParseInt(w.header.Get(name), 10, 64); err == nil {
			less := min(n, left)
			left -= less
			w.header.Set(name, strconv.FormatInt(n-less, 10))
		}
	}
}
