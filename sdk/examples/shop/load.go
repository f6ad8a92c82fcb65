package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// maxVisitors bounds how many visits are under way at once; a visit that finds no place is skipped.
const maxVisitors = 64

// runLoad is the shop's visitors: a bounded rate of seeded choices. It sends no spans, so web is where traces begin.
func runLoad(ctx context.Context, e Env) error {
	if e.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.For)
		defer cancel()
	}
	if err := waitFor(ctx, e.Addrs["web"]); err != nil {
		return nil
	}
	random := rand.New(rand.NewPCG(e.Seed, 1))
	client := &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: maxVisitors}}
	places := make(chan struct{}, maxVisitors)
	var visits sync.WaitGroup
	defer visits.Wait()
	for {
		pause := time.Duration(random.ExpFloat64() / e.Rate * float64(time.Second))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(pause, 5*time.Second)):
		}
		request := visit(random, "http://"+e.Addrs["web"])
		select {
		case places <- struct{}{}:
		default:
			continue
		}
		visits.Go(func() {
			defer func() { <-places }()
			send(ctx, client, request)
		})
	}
}

type visitRequest struct {
	method, url string
	body        any
}

func visit(random *rand.Rand, base string) visitRequest {
	product := 1 + random.IntN(len(products))
	switch p := random.Float64(); {
	case p < 0.25:
		return visitRequest{method: http.MethodGet, url: base + "/"}
	case p < 0.55:
		return visitRequest{method: http.MethodGet, url: fmt.Sprintf("%s/products/%d", base, product)}
	case p < 0.57: // a dead link
		return visitRequest{method: http.MethodGet, url: fmt.Sprintf("%s/products/%d", base, 900+product)}
	default:
		return visitRequest{method: http.MethodPost, url: base + "/checkout", body: order{Product: product, Quantity: 1 + random.IntN(3), Customer: fmt.Sprintf("customer-%d", random.IntN(500))}}
	}
}

func send(ctx context.Context, client *http.Client, v visitRequest) {
	if v.method == http.MethodPost {
		_, _, _ = post(ctx, client, v.url, v.body) // a failed visit is part of the demo
		return
	}
	req, err := http.NewRequestWithContext(ctx, v.method, v.url, nil)
	if err != nil {
		return
	}
	res, err := client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	_ = res.Body.Close()
}
