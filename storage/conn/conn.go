// Package conn is the program's one way to ClickHouse, embedded or a server: statements, rows, bound values and bulk inserts, with
// their cost and their failures. It knows nothing about tables or telemetry, and it retries nothing.
package conn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sightline/sightline/storage/conn/native"
)

// Endpoint is an embedded engine: where it listens, and its two users. engine.Endpoint converts to it.
type Endpoint struct {
	Network   string // "unix" or "tcp"
	Address   string
	Writer    string
	WriterKey string
	Reader    string
	ReaderKey string
}

// Config says which ClickHouse to use: exactly one of URL and Endpoint is set.
type Config struct {
	URL      string    // https://user:pass@host:8443,host2:8443/db?cluster=main
	Endpoint *Endpoint // embedded
	Database string    // "" is the URL's, or "default"
	Cluster  string    // "" is the URL's; only with URL
}

// DB is a ClickHouse. Safe for concurrent use.
type DB struct {
	reader, writer driver.Conn
	transport      *transport
	target         target
}

// Open checks the configuration and connects; the database need not exist yet.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	t, err := cfg.target()
	if err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	d := &DB{target: t, transport: newTransport(t)}
	if d.reader, err = clickhouse.Open(t.options(d.transport, t.reader)); err == nil {
		d.writer, err = clickhouse.Open(t.options(d.transport, t.writer))
	}
	if err == nil {
		err = d.ping(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open clickhouse: %w", err), d.Close())
	}
	return d, nil
}

// Database is the one that unqualified names are in.
func (d *DB) Database() string { return d.target.database }

// Cluster is the name of the cluster that statements run ON, or "".
func (d *DB) Cluster() string { return d.target.cluster }

// Embedded tells an embedded engine from a server.
func (d *DB) Embedded() bool { return d.target.embedded }

// Close lets go of the connections.
func (d *DB) Close() error {
	var errs []error
	for _, c := range []driver.Conn{d.reader, d.writer} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	d.transport.base.CloseIdleConnections()
	return errors.Join(errs...)
}

// Exec runs a statement that gives no rows, as the writer. It ends when ctx does, but what it began may be done.
func (d *DB) Exec(ctx context.Context, sql string, params ...Param) error {
	c := &call{}
	if d.target.cluster != "" {
		c.settings = url.Values{"distributed_product_mode": {"local"}} // what is joined lies on one shard
	}
	ctx = clickhouse.Context(withCall(ctx, c), options(params)...)
	if err := d.writer.Exec(ctx, sql); err != nil {
		return fmt.Errorf("run statement: %w", c.explain(ctx, err))
	}
	return nil
}

// CreateDatabase makes the configured database where it is missing. Other statements need it to exist.
func (d *DB) CreateDatabase(ctx context.Context) error {
	sql := "CREATE DATABASE IF NOT EXISTS " + quoteName(d.target.database)
	if d.target.cluster != "" {
		sql += " ON CLUSTER " + quoteName(d.target.cluster)
	}
	if err := d.post(ctx, url.Values{"database": {"default"}}, sql, nil); err != nil {
		return fmt.Errorf("create database %s: %w", d.target.database, err)
	}
	return nil
}

// DropDatabase drops the configured database with everything in it. The data goes some minutes later.
func (d *DB) DropDatabase(ctx context.Context) error {
	if err := d.post(ctx, url.Values{"database": {"default"}}, "DROP DATABASE IF EXISTS "+quoteName(d.target.database), nil); err != nil {
		return fmt.Errorf("drop database %s: %w", d.target.database, err)
	}
	return nil
}

// target is a Config resolved.
type target struct {
	embedded       bool
	network        string // embedded
	scheme         string
	addrs          []string
	path           string
	reader, writer user
	database       string
	cluster        string
	skipVerify     bool
}

type user struct{ name, key string }

const (
	dialTimeout = 5 * time.Second
	// readTimeout is how long an answer's first byte may take; statements have limits of their own, below it.
	readTimeout = 15 * time.Minute
	maxConns    = 32
)

func (c Config) target() (target, error) {
	switch {
	case c.Endpoint != nil && c.URL != "":
		return target{}, errors.New("both an embedded engine and a URL are given")
	case c.Endpoint != nil:
		e := *c.Endpoint
		t := target{embedded: true, network: e.Network, scheme: "http", addrs: []string{e.Address}, database: c.Database,
			reader: user{e.Reader, e.ReaderKey}, writer: user{e.Writer, e.WriterKey}}
		if e.Network == "unix" {
			t.addrs = []string{"engine"} // a host for the URL; the dialer knows the path
			t.path = e.Address
		}
		if t.database == "" {
			t.database = "default"
		}
		if c.Cluster != "" {
			return target{}, errors.New("the embedded engine has no cluster")
		}
		return t, nil
	case c.URL != "":
		return parseURL(c)
	default:
		return target{}, errors.New("neither an embedded engine nor a URL is given")
	}
}

func (t target) options(rt http.RoundTripper, u user) *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:      clickhouse.HTTP,
		Addr:          t.addrs,
		Auth:          clickhouse.Auth{Database: t.database, Username: u.name, Password: u.key},
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) { return rt, nil },
		DialTimeout:   dialTimeout,
		ReadTimeout:   readTimeout,
		MaxOpenConns:  maxConns,
		MaxIdleConns:  maxConns,
		TLS:           t.tls(),
	}
}

// ping asks for nothing in no database: the configured one may be about to be made.
func (d *DB) ping(ctx context.Context) error {
	return d.post(ctx, url.Values{"database": {"default"}}, "SELECT 1 FORMAT Null", nil)
}

// post sends a statement by hand, as the writer: with data when body is given, else as the body.
func (d *DB) post(ctx context.Context, values url.Values, sql string, body native.Body) error {
	data := body
	if body != nil {
		values.Set("query", sql)
	} else {
		data = native.Body{[]byte(sql)}
	}
	c := &call{}
	ctx = withCall(ctx, c)
	status, answer, header, err := d.transport.post(ctx, values, data)
	if err != nil {
		return c.explain(ctx, err)
	}
	if status != http.StatusOK {
		code, _ := strconv.ParseInt(header.Get("X-ClickHouse-Exception-Code"), 10, 32)
		return c.explain(ctx, parseError(int32(code), answer))
	}
	return nil
}
