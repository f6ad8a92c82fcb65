package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
)

// badRecommendations is the version that somebody should not have deployed: it forgot the cache and fails on every third call.
const badRecommendations = "2.4.0"

type recommendations struct {
	catalog catalogClient
	cache   *redis.Client
	bad     bool
	calls   atomic.Uint64
}

// runRecommendations says what else a customer may like, from a cache in front of the catalog.
func runRecommendations(ctx context.Context, e Env) error {
	flush, err := start(ctx, e)
	if err != nil {
		return err
	}
	defer flush()
	if err := waitFor(ctx, e.Addrs["redis"], e.Addrs["catalog"]); err != nil {
		return err
	}
	conn, err := dialGRPC(e.Addrs["catalog"])
	if err != nil {
		return err
	}
	defer conn.Close()
	cache := redis.NewClient(&redis.Options{Addr: redisHost + ":6379", DisableIdentity: true, Protocol: 2,
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialTCP(ctx, e.Addrs["redis"]) }})
	defer cache.Close()
	if err := redisotel.InstrumentTracing(cache, redisotel.WithDBStatement(true)); err != nil {
		return fmt.Errorf("instrument cache: %w", err)
	}
	r := &recommendations{catalog: catalogClient{conn}, cache: cache, bad: strings.HasPrefix(e.Version, badRecommendations)}
	return serveHTTP(ctx, e.Addrs["recommendations"], map[string]http.HandlerFunc{"GET /recommendations/{id}": r.get})
}

func (r *recommendations) get(w http.ResponseWriter, req *http.Request) {
	ctx := req.Context()
	id, err := strconv.Atoi(req.PathValue("id"))
	if err != nil {
		refuse(ctx, w, http.StatusBadRequest, fmt.Errorf("product id %q is not a number", req.PathValue("id")))
		return
	}
	if r.bad && r.calls.Add(1)%3 == 0 {
		work(ctx, 120*time.Millisecond)
		refuse(ctx, w, http.StatusInternalServerError, errors.New("recommend: index out of range [12] with length 12"))
		return
	}
	key := "recommendations:" + strconv.Itoa(id)
	if !r.bad {
		cached, err := r.cache.Get(ctx, key).Bytes()
		if err == nil {
			reply(w, http.StatusOK, json.RawMessage(cached))
			return
		}
		if !errors.Is(err, redis.Nil) {
			refuse(ctx, w, http.StatusInternalServerError, fmt.Errorf("read cache: %w", err))
			return
		}
	}
	list, err := r.catalog.call(ctx, "List", nil)
	if err != nil {
		refuse(ctx, w, http.StatusBadGateway, err)
		return
	}
	all, _ := list["products"].([]any)
	like := []any{}
	for i := range min(3, len(all)) {
		like = append(like, all[(id+i)%len(all)])
	}
	data, err := json.Marshal(like)
	if err != nil {
		refuse(ctx, w, http.StatusInternalServerError, err)
		return
	}
	if !r.bad {
		if err := r.cache.Set(ctx, key, data, 20*time.Second).Err(); err != nil {
			refuse(ctx, w, http.StatusInternalServerError, fmt.Errorf("write cache: %w", err))
			return
		}
	}
	reply(w, http.StatusOK, json.RawMessage(data))
}
