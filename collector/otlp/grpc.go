package otlp

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/collector/admission"
)

// gRPC is spoken here over net/http's HTTP/2, as connect-go does, and not with grpc-go's server. That one answers by itself
// what it finds wrong with a message (size, compression) with codes that OTLP does not want, receives the whole of it before
// anything of ours may refuse, and has other compressions only in a registry of the whole process. OTLP needs one unary method.

const mediaGRPC = "application/grpc"

// isGRPC says that a request is a gRPC call.
func isGRPC(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), mediaGRPC)
}

// serveGRPC answers a call; the status goes into the trailers.
func (h *handler) serveGRPC(w http.ResponseWriter, r *http.Request) {
	q := Request{Protocol: ProtocolGRPC, Peer: r.RemoteAddr}
	partial, err := h.call(r, &q)
	header := w.Header()
	header.Set("Content-Type", mediaGRPC)
	header.Set("Grpc-Accept-Encoding", "gzip,zstd,deflate")
	if err != nil {
		refusal{h.in.Refuse(&q, err)}.writeGRPC(w)
		return
	}
	message := partial.Protobuf()
	answer := binary.BigEndian.AppendUint32(make([]byte, 1, 5+len(message)), uint32(len(message)))
	w.Write(append(answer, message...))
	header.Set(http.TrailerPrefix+"Grpc-Status", "0")
}

// call takes a call; what is known of it is in q, also when it is refused.
func (h *handler) call(r *http.Request, q *Request) (partial admission.Partial, err error) {
	defer func() { h.in.recovered(recover(), &err) }()
	s := byMethod(r.URL.Path)
	if s == nil {
		return partial, notServed(r.URL.Path)
	}
	q.Signal = s.id
	if r.Method != http.MethodPost || r.ProtoMajor < 2 {
		return partial, admission.BadMethod(r.Method)
	}
	switch media := r.Header.Get("Content-Type"); media {
	case mediaGRPC, mediaGRPC + "+proto":
	default:
		return partial, admission.BadMediaType(media)
	}
	project, err := admission.Project(h.in.Auth, admission.Key(r.Header.Get))
	if err != nil {
		return partial, err
	}
	encoding, err := admission.ParseEncoding(r.Header.Values("Grpc-Encoding"))
	if err != nil {
		return partial, err
	}
	if err := h.in.Ready(); err != nil {
		return partial, err
	}
	body := admission.NewBody(h.in.Gate)
	defer body.Release()
	if err := h.message(body, r.Body, encoding); err != nil {
		return partial, err
	}
	q.Project, q.Body, q.Size, q.Held = project, body.B, len(body.B), body.Held()
	q.IngestID = h.in.Journal.IngestID(project, s.id, body.B)
	return h.take(r.Context(), *q)
}

// message reads the one message of a unary call: a byte that says whether it is compressed, its length, and its bytes.
func (h *handler) message(body *admission.Body, r io.Reader, encoding admission.Encoding) error {
	var prefix [5]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return admission.Malformed("the call has no message")
		}
		return admission.Aborted(err)
	}
	size := int64(binary.BigEndian.Uint32(prefix[1:]))
	switch {
	case prefix[0] == 0:
		encoding = ""
	case prefix[0] != 1:
		return admission.Malformed("message begins with byte %d, which is neither 0 nor 1", prefix[0])
	case encoding == "":
		return admission.BadEncoding("the message is marked as compressed, but grpc-encoding does not say how")
	}
	if size > h.in.Limits.Request {
		return admission.TooLarge(h.in.Limits.Request)
	}
	message := &exactly{r: r, left: size}
	if err := h.decompressors.Read(body, message, encoding, size, h.in.Limits.Request); err != nil {
		return err
	}
	if message.left > 0 {
		return admission.BadEncoding("%d bytes follow the compressed message", message.left)
	}
	if n, err := io.ReadFull(r, prefix[:1]); n > 0 {
		return admission.Malformed("the call has more than one message")
	} else if !errors.Is(err, io.EOF) {
		return admission.Aborted(err)
	}
	return nil
}

// exactly reads so many bytes; an end before them is one that came too early.
type exactly struct {
	r    io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = io.ErrUnexpectedEOF
	} else if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// refusal is an admission.Refusal on its way out.
type refusal struct{ *admission.Refusal }

// writeGRPC sends the status, with its details where it has any.
func (r refusal) writeGRPC(w http.ResponseWriter) {
	st := r.Status()
	header := w.Header()
	w.WriteHeader(http.StatusOK)
	header.Set(http.TrailerPrefix+"Grpc-Status", strconv.Itoa(int(st.Code())))
	header.Set(http.TrailerPrefix+"Grpc-Message", percent(st.Message()))
	if st.Code() == codes.OK || r.RetryAfter == 0 {
		return
	}
	if details, err := proto.Marshal(st.Proto()); err == nil {
		header.Set(http.TrailerPrefix+"Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(details))
	}
}

// percent encodes a message as gRPC has it in headers.
func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c <= '~' && c != '%' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
