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
	resultFormat  = "Native" // revision 0, which is what clickhouse-go decodes once hello has told it so
)

// run answers with a statement's whole result.
func (s *server) run(w http.ResponseWriter, p *pooled, q request) error {
	started := time.Now()
	r := p.session.run(q.sql, resultFormat, q.params)
	defer r.free()
	if err := r.err(); err != nil {
		p.settle()
		return err
	}
	var sum summary
	r.addTo(&sum)
	sum.elapsedNS = time.Since(started).Nanoseconds()
	w.Header().Set(summaryHeader, sum.header())
	w.Header().Set("Content-Length", strconv.Itoa(len(r.data())))
	_, err := w.Write(r.data())
	return ignoreGone(err)
}

// stream answers with a SELECT's result as it comes. It looks one piece ahead, so that the error of a short result still has its
// status and the cost of one its header; a longer one has the cost in a trailer and an error in ClickHouse's in-band form.
func (s *server) stream(w http.ResponseWriter, p *pooled, q request) error {
	started := time.Now()
	var sum summary
	cursor := p.session.stream(q.sql, resultFormat, q.params)
	defer cursor.free()
	if err := cursor.err(); err != nil {
		p.settle()
		return err
	}
	next := func() (result, error) {
		r := p.fetch(cursor)
		if err := r.err(); err != nil {
			r.free()
			p.settle()
			return result{}, err
		}
		r.addTo(&sum)
		return r, nil
	}
	r, err := next()
	if err != nil {
		return err
	}
	started2 := false
	for {
		data := r.data()
		if len(data) == 0 {
			r.free()
			break
		}
		ahead, err := next()
		if err != nil && !started2 {
			r.free()
			return err
		}
		if !started2 {
			started2 = true
			if len(ahead.data()) == 0 {
				sum.elapsedNS = time.Since(started).Nanoseconds()
				w.Header().Set(summaryHeader, sum.header())
				w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			} else {
				w.Header().Set("Trailer", summaryHeader)
			}
		}
		_, gone := w.Write(data)
		r.free()
		if err != nil {
			writeException(w, err)
			return nil
		}
		r = ahead
		if gone != nil {
			r.free()
			s.lib.call(s.lib.streamCancel, p.connection(), cursor.handle)
			return nil
		}
	}
	sum.elapsedNS = time.Since(started).Nanoseconds()
	w.Header().Set(summaryHeader, sum.header()) // the trailer, or the header of an empty result
	return nil
}

// insert takes an INSERT's data into a file in memory and lets the engine read it from there: data inline in a statement is cut
// at its newlines.
func (s *server) insert(w http.ResponseWriter, p *pooled, q request) error {
	started := time.Now()
	f, path, err := scratchFile()
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, q.body); err != nil {
		return fmt.Errorf("receive the rows: %w", err)
	}
	sql, err := insertFromFile(q.sql, path)
	if err != nil {
		return err
	}
	r := p.session.run(sql, resultFormat, q.params)
	defer r.free()
	if err := r.err(); err != nil {
		p.settle()
		return err
	}
	var sum summary
	r.addTo(&sum)
	sum.elapsedNS = time.Since(started).Nanoseconds()
	w.Header().Set(summaryHeader, sum.header())
	return nil
}

// settle makes the session forget a failed statement, which stays in system.processes and holds its tables until the next one.
func (p *pooled) settle() { p.session.run("SELECT 1", "Null", nil).free() }

// writeException ends a result that has begun with its failure, framed as ClickHouse frames it.
func writeException(w io.Writer, err error) {
	text := err.Error()
	var e *Exception
	if !errors.As(err, &e) {
		text = exception(1002, "UNKNOWN_EXCEPTION", "%v", err).Message
	}
	tag := rand.Text()[:16]
	fmt.Fprintf(w, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, text, len(text)+1, tag)
}

// ignoreGone drops the error of a client that went away: there is nobody to tell.
func ignoreGone(error) error { return nil }
