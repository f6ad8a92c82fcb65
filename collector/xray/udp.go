package xray

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/xray/segment"
)

const (
	flushAfter = 100 * time.Millisecond // of the first datagram that waits
	flushBytes = 1 << 20                // of documents that wait
	maxWaiting = 16 << 20               // of documents; more are dropped
	socketRoom = 8 << 20                // receive buffer that the kernel is asked for
	maxRetry   = time.Second            // between attempts, while the journal takes nothing
	drainTime  = 50 * time.Millisecond  // for what the kernel still has when the receiver stops
)

// datagram is a document and where it came from.
type datagram struct {
	document []byte
	from     netip.AddrPort
}

// datagrams receives documents over UDP. Nobody waits for an answer, and nobody sends again: the socket is never left alone for
// long, documents become durable in batches, and what has to be dropped is counted.
type datagrams struct {
	conn  *net.UDPConn
	taker *taker
	key   string // the ingest key that they are taken as
	log   *slog.Logger

	mu      sync.Mutex
	waiting []datagram
	bytes   int
	warned  time.Time

	arrived chan struct{} // holds a token while datagrams wait
	plenty  chan struct{} // holds a token while flushBytes wait
	closed  chan struct{} // when the socket is
	give    context.Context
	cancel  context.CancelFunc
	done    chan struct{} // when everything is taken
}

func newDatagrams(conn *net.UDPConn, t *taker, key string, log *slog.Logger) *datagrams {
	d := &datagrams{
		conn: conn, taker: t, key: key, log: log,
		arrived: make(chan struct{}, 1), plenty: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan struct{}),
	}
	d.give, d.cancel = context.WithCancel(context.Background())
	if err := conn.SetReadBuffer(socketRoom); err != nil {
		log.Debug("the socket keeps its receive buffer", "error", err)
	}
	go d.receive()
	go d.flush()
	return d
}

// stop receives what the kernel has, and makes it durable, until ctx ends.
func (d *datagrams) stop(ctx context.Context) {
	defer d.cancel()
	if err := d.conn.SetReadDeadline(time.Now().Add(drainTime)); err != nil {
		d.conn.Close()
	}
	select {
	case <-d.done:
		return
	case <-ctx.Done():
	}
	d.cancel()
	d.conn.Close()
	<-d.done
}

// receive reads the socket until it is closed.
func (d *datagrams) receive() {
	defer close(d.closed)
	defer d.conn.Close()
	buf := make([]byte, 64<<10)
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil { // an ICMP error of another socket's, perhaps: this one goes on
			d.log.Debug("a datagram could not be read", "error", err)
			continue
		}
		document, err := cutHeader(buf[:n])
		if err != nil {
			d.taker.refuse(from.String(), err)
			continue
		}
		d.add(datagram{bytes.Clone(document), from})
	}
}

// header is what the daemon's datagrams begin with, as SDKs write it.
const header = `{"format":"json","version":1}` + "\n"

// cutHeader checks the daemon's header and returns what follows.
func cutHeader(packet []byte) ([]byte, error) {
	document, ok := bytes.CutPrefix(packet, []byte(header))
	if !ok {
		var line []byte
		line, document, ok = bytes.Cut(packet, []byte("\n"))
		var h struct {
			Format  string
			Version int
		}
		if !ok || json.Unmarshal(line, &h) != nil || !strings.EqualFold(h.Format, "json") || h.Version != 1 {
			return nil, admission.Malformed("datagram does not begin with X-Ray's header, format json, version 1")
		}
	}
	if len(document) == 0 {
		return nil, admission.Malformed("datagram has X-Ray's header and no document")
	}
	return document, nil
}

// add lets a datagram wait, or drops it.
func (d *datagrams) add(g datagram) {
	d.mu.Lock()
	full := d.bytes+len(g.document) > maxWaiting
	warn := full && time.Since(d.warned) > time.Minute
	if warn {
		d.warned = time.Now()
	}
	if !full {
		d.waiting = append(d.waiting, g)
		d.bytes += len(g.document)
	}
	plenty := d.bytes >= flushBytes
	d.mu.Unlock()
	if full {
		d.taker.refuse(g.from.String(), admission.Backpressure(time.Second, fmt.Sprintf("%d bytes of X-Ray documents wait for the journal: a datagram was dropped", maxWaiting)))
	}
	if warn {
		d.log.Warn("X-Ray datagrams are dropped: the journal does not take what waits")
	}
	put(d.arrived)
	if plenty {
		put(d.plenty)
	}
}

func put(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// flush takes what waits, again and again, until the socket is closed and nothing waits.
func (d *datagrams) flush() {
	defer close(d.done)
	for closed := false; !closed; {
		select {
		case <-d.arrived:
			timer := time.NewTimer(flushAfter)
			select {
			case <-timer.C:
			case <-d.plenty:
			case <-d.closed:
			}
			timer.Stop()
		case <-d.closed:
			closed = true
		}
		d.mu.Lock()
		batch := d.waiting
		d.waiting, d.bytes = nil, 0
		d.mu.Unlock()
		for len(batch) > 0 {
			n, size := 0, 0
			for ; n < len(batch) && size < flushBytes; n++ {
				size += len(batch[n].document)
			}
			d.take(batch[:n], size)
			batch = batch[n:]
		}
	}
}

// take makes a batch durable. While the journal refuses it for now, it stays, and more wait behind it.
func (d *datagrams) take(batch []datagram, size int) {
	defer func() {
		if broken := recover(); broken != nil {
			d.log.Error("panic while taking X-Ray documents", "panic", broken)
			d.taker.refuse("", admission.Internal())
		}
	}()
	project, ok := d.taker.in.Auth.Authenticate(d.key)
	if !ok {
		for _, g := range batch {
			d.taker.refuse(g.from.String(), admission.Unauthenticated())
		}
		return
	}
	var documents []*segment.Document
	var from []netip.AddrPort
	for _, g := range batch {
		document, err := segment.Parse(g.document)
		var refused *segment.Error
		if errors.As(err, &refused) {
			d.taker.refuseDocument(g.from.String(), refused)
			continue
		}
		documents, from = append(documents, document), append(from, g.from)
	}
	if len(documents) == 0 {
		return
	}
	body, err := d.taker.body(documents, from)
	if err != nil {
		d.log.Error("X-Ray documents can't be taken", "error", err)
		d.taker.refuse("", admission.Internal())
		return
	}
	q := d.taker.request(project, from[0].String())
	q.Body, q.Size, q.IngestID = body, size, d.taker.in.Journal.IngestID(project, journal.SignalTraces, body)
	for {
		_, err := d.taker.take(d.give, q)
		var refused *admission.Refusal
		if err == nil || !errors.As(err, &refused) || refused.RetryAfter == 0 {
			return
		}
		select {
		case <-time.After(min(refused.RetryAfter, maxRetry)):
		case <-d.give.Done():
			for range documents {
				d.taker.refuse("", admission.Backpressure(time.Second, "sightline stopped before the journal took an X-Ray document"))
			}
			return
		}
	}
}
