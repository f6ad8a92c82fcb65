package engine

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	summaryHeader = "X-ClickHouse-Summary"
	native        = "Native" // of revision 0, which clickhouse-go decodes once hello has told it so
)

// summary is what a statement cost.
type summary struct {
	started                                        time.Time
	readRows, readBytes, writtenRows, writtenBytes uint64
}

// header is the value of X-ClickHouse-Summary, where ClickHouse writes numbers as strings.
func (s *summary) header() string {
	return fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d","elapsed_ns":"%d"}`,
		s.readRows, s.readBytes, s.writtenRows, s.writtenBytes, time.Since(s.started).Nanoseconds())
}

// run answers with a statement's whole result. Only here the library's account of what was read is complete: of a stream it misses
// what was read between two fetches.
func (s *server) run(w http.ResponseWriter, p *pooled, q request) error {
	sum := summary{started: time.Now()}
	r := p.run(q.sql, native, q.params)
	defer r.free()
	if !q.reader {
		checkWritten(p)
	}
	if err := r.err(); err != nil {
		p.unsettled = true
		return err
	}
	if err := s.stored(p, q); err != nil {
		return err
	}
	r.addTo(&sum)
	w.Header().Set(summaryHeader, sum.header())
	w.Header().Set("Content-Length", strconv.Itoa(len(r.data())))
	w.Write(r.data()) // a client that is gone needs no answer
	return nil
}

// stream answers with a SELECT's result as it comes. It looks one piece ahead at the start, so that a short result, or its failure,
// has status, cost and length in the header; the cost of a longer one is in a trailer and its failure in ClickHouse's in-band form.
func (s *server) stream(w http.ResponseWriter, p *pooled, q request) error {
	sum := summary{started: time.Now()}
	c, err := p.stream(q.sql, native, q.params)
	if err != nil {
		p.unsettled = true
		return err
	}
	defer func() {
		p.unsettled = c.failed || !c.ended
		c.close()
	}()
	piece, err := c.next()
	if err != nil {
		return err
	}
	ahead, err := c.next()
	if err != nil {
		piece.free()
		return err
	}
	piece.addTo(&sum)
	if ahead.addTo(&sum); c.ended {
		w.Header().Set(summaryHeader, sum.header())
		w.Header().Set("Content-Length", strconv.Itoa(len(piece.data())))
	} else {
		w.Header().Set("Trailer", summaryHeader)
	}
	out := http.NewResponseController(w)
	for len(piece.data()) > 0 {
		_, gone := w.Write(piece.data())
		if gone == nil && !c.ended {
			gone = out.Flush()
		}
		piece.free()
		if piece = ahead; gone != nil {
			break
		}
		if len(piece.data()) == 0 {
			continue
		}
		if ahead, err = c.next(); err != nil {
			w.Write(piece.data())
			piece.free()
			writeException(w, err)
			return nil
		}
		ahead.addTo(&sum)
	}
	piece.free()
	if c.ended {
		w.Header().Set(summaryHeader, sum.header()) // the trailer; without effect where it was the header
	}
	return nil
}

// insert answers an INSERT with data.
func (s *server) insert(w http.ResponseWriter, p *pooled, q request) error {
	sum := summary{started: time.Now()}
	sql, format, err := splitInsert(q.sql)
	if err != nil {
		return err
	}
	if len(q.params) > 0 {
		return exception(36, "BAD_ARGUMENTS", "an INSERT with data takes no parameters")
	}
	r, err := p.insert(sql, format, q.body)
	checkWritten(p) // also of one that failed: a table may keep the part
	if err != nil {
		p.unsettled = true
		return err
	}
	defer r.free()
	if err := s.stored(p, q); err != nil {
		return err
	}
	r.addTo(&sum)
	w.Header().Set(summaryHeader, sum.header())
	return nil
}

// stored makes what a writer's statement did survive a power cut.
func (s *server) stored(p *pooled, q request) error {
	switch {
	case q.reader:
		return nil
	case q.kind == kindInsert:
		return s.folders.sync(p, q.sql)
	default:
		s.folders.forget()
		return nil
	}
}

// writeError answers before anything of a result was written.
func writeError(w http.ResponseWriter, err error) {
	var e *Exception
	if !errors.As(err, &e) {
		e = exception(1002, "UNKNOWN_EXCEPTION", "%v", err)
	}
	status := http.StatusInternalServerError
	switch e.Code {
	case 516:
		status = http.StatusForbidden
	case 36, 62, 115, 164, 457:
		status = http.StatusBadRequest
	case 60, 81:
		status = http.StatusNotFound
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.WriteHeader(status)
	io.WriteString(w, e.Message+"\n")
}

// writeException ends a result that has begun with its failure, framed as ClickHouse frames it.
func writeException(w io.Writer, err error) {
	text := err.Error()
	if e := (*Exception)(nil); !errors.As(err, &e) {
		text = exception(1002, "UNKNOWN_EXCEPTION", "%v", err).Message
	}
	tag := rand.Text()[:16]
	fmt.Fprintf(w, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, text, len(text)+1, tag)
}
