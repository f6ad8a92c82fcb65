package admission

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Media types of OTLP over HTTP.
const (
	MediaProtobuf = "application/x-protobuf"
	MediaJSON     = "application/json"
)

// Partial is the partial_success of an answer: how many items were rejected, and why. No rejected items: none is sent.
type Partial struct {
	Rejected int64
	Message  string
}

// Protobuf is the answer as an Export…ServiceResponse; nil for a full success. Traces, logs and metrics have the same shape.
func (p Partial) Protobuf() []byte {
	if p.Rejected == 0 && p.Message == "" {
		return nil
	}
	var in []byte
	in = append(in, 1<<3)
	in = binary.AppendUvarint(in, uint64(p.Rejected))
	in = append(in, 2<<3|2)
	in = binary.AppendUvarint(in, uint64(len(p.Message)))
	in = append(in, p.Message...)
	out := binary.AppendUvarint([]byte{1<<3 | 2}, uint64(len(in)))
	return append(out, in...)
}

// JSON is the answer as OTLP JSON; items names what was rejected, as in rejectedSpans.
func (p Partial) JSON(items string) []byte {
	if p.Rejected == 0 && p.Message == "" {
		return []byte("{}")
	}
	message, err := json.Marshal(p.Message)
	if err != nil {
		message = []byte(`""`)
	}
	out := append([]byte(`{"partialSuccess":{"`), items...)
	out = append(out, `":"`...)
	out = strconv.AppendInt(out, p.Rejected, 10)
	out = append(out, `","errorMessage":`...)
	out = append(out, message...)
	return append(out, "}}"...)
}

// Write sends a success in the media type of the request.
func (p Partial) Write(w http.ResponseWriter, media, items string) {
	body := p.Protobuf()
	if media == MediaJSON {
		body = p.JSON(items)
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// Write sends the refusal as a google.rpc.Status in the media type of the request, JSON where that is neither.
func (r *Refusal) Write(w http.ResponseWriter, media string) {
	st := r.Status().Proto()
	var body []byte
	var err error
	if media == MediaProtobuf {
		body, err = proto.Marshal(st)
	} else {
		media = MediaJSON
		body, err = protojson.Marshal(st)
	}
	if err != nil { // a message that is not UTF-8
		body = nil
	}
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if r.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(float64(r.RetryAfter)/float64(time.Second)))))
	}
	if r.HTTP == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="sightline"`)
	}
	w.WriteHeader(r.HTTP)
	w.Write(body)
}
