package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"
	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	mysqld "github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/sirupsen/logrus"
)

const database = "shop"

// The names under which the services know these hosts, whatever loopback port they have today: the map goes by them.
const (
	mysqlHost    = "mysql"
	postgresHost = "postgres"
	redisHost    = "redis"
)

func dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}

// runInfra is the shop's MySQL, PostgreSQL, Redis and NATS, all speaking their own protocol on loopback. Like most such servers
// they send no spans.
func runInfra(ctx context.Context, e Env) error {
	logrus.SetOutput(io.Discard) // the SQL server's log
	provider := memory.NewDBProvider(memory.NewDatabase(database))
	engine := sqle.NewDefault(provider)
	mysql, err := mysqld.NewServer(mysqld.Config{Protocol: "tcp", Address: e.Addrs["mysql"]}, engine, sql.NewContext, memory.NewSessionBuilder(provider), nil)
	if err != nil {
		return fmt.Errorf("start mysql: %w", err)
	}
	host, port, err := net.SplitHostPort(e.Addrs["nats"])
	if err != nil {
		return err
	}
	portNumber, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	queue, err := natsd.NewServer(&natsd.Options{Host: host, Port: portNumber, NoLog: true, NoSigs: true})
	if err != nil {
		return fmt.Errorf("start nats: %w", err)
	}
	queue.Start()
	cache := miniredis.NewMiniRedis()
	if err := cache.StartAddr(e.Addrs["redis"]); err != nil {
		return fmt.Errorf("start redis: %w", err)
	}
	go func() {
		if err := newWarehouse(e.Seed).serve(ctx, e.Addrs["postgres"]); err != nil && ctx.Err() == nil {
			e.Log.Error(err.Error())
		}
	}()
	go func() { // keys expire by this clock
		for ctx.Err() == nil {
			work(ctx, time.Second)
			cache.FastForward(time.Second)
		}
	}()
	done := context.AfterFunc(ctx, func() {
		cache.Close()
		queue.Shutdown()
		_ = mysql.Close()
	})
	defer done()
	return mysql.Start()
}

// paymentHost is the name under which the services know the payment provider; on this machine runPayments plays it.
const paymentHost = "api.paybridge.example"

// runPayments plays somebody else's payment API: no spans of its own, 429 when it is called too often, now and then a 5xx or a
// slow answer, and declined cards.
func runPayments(ctx context.Context, e Env) error {
	random := rand.New(rand.NewPCG(e.Seed, 2))
	choice := make(chan [2]float64)
	go func() { // the generator is not safe for concurrent use
		for {
			select {
			case choice <- [2]float64{random.Float64(), random.Float64()}:
			case <-ctx.Done():
				return
			}
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/charges", func(w http.ResponseWriter, r *http.Request) {
		var c [2]float64
		select {
		case c = <-choice:
		case <-r.Context().Done():
			return
		}
		work(r.Context(), 15*time.Millisecond+time.Duration(c[1]*float64(40*time.Millisecond)))
		switch p := c[0]; {
		case p < 0.04:
			w.Header().Set("Retry-After", "1")
			reply(w, http.StatusTooManyRequests, map[string]string{"error": "rate limit exceeded"})
		case p < 0.10:
			reply(w, http.StatusServiceUnavailable, map[string]string{"error": "acquirer unavailable"})
		case p < 0.15:
			reply(w, http.StatusPaymentRequired, map[string]string{"error": "card declined"})
		case p < 0.20:
			work(r.Context(), 700*time.Millisecond+time.Duration(c[1]*float64(900*time.Millisecond)))
			fallthrough
		default:
			reply(w, http.StatusCreated, map[string]string{"charge": strconv.FormatUint(uint64(c[1]*1e12), 36)})
		}
	})
	return serve(ctx, &http.Server{Addr: e.Addrs["payments"], Handler: mux, ReadHeaderTimeout: 5 * time.Second})
}
