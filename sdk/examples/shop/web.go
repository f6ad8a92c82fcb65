package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type web struct {
	catalog  catalogClient
	client   *http.Client
	checkout string
	like     string
}

func runWeb(ctx context.Context, e Env) error {
	flush, err := start(ctx, e)
	if err != nil {
		return err
	}
	defer flush()
	if err := waitFor(ctx, e.Addrs["catalog"], e.Addrs["checkout"], e.Addrs["recommendations"]); err != nil {
		return err
	}
	conn, err := dialGRPC(e.Addrs["catalog"])
	if err != nil {
		return err
	}
	defer conn.Close()
	w := &web{catalog: catalogClient{conn}, checkout: "http://checkout.shop.internal", like: "http://recommendations.shop.internal",
		client: httpClient(map[string]string{"checkout.shop.internal:80": e.Addrs["checkout"], "recommendations.shop.internal:80": e.Addrs["recommendations"]})}
	return serveHTTP(ctx, e.Addrs["web"], map[string]http.HandlerFunc{
		"GET /{$}":           w.home,
		"GET /products/{id}": w.product,
		"POST /checkout":     w.buy,
	})
}

func (w *web) home(rw http.ResponseWriter, r *http.Request) {
	list, err := w.catalog.call(r.Context(), "List", nil)
	if err != nil {
		refuse(r.Context(), rw, http.StatusBadGateway, fmt.Errorf("list products: %w", err))
		return
	}
	work(r.Context(), 3*time.Millisecond)
	reply(rw, http.StatusOK, list)
}

func (w *web) product(rw http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		refuse(r.Context(), rw, http.StatusBadRequest, fmt.Errorf("product id %q is not a number", r.PathValue("id")))
		return
	}
	product, err := w.catalog.call(r.Context(), "Get", map[string]any{"id": id})
	if status.Code(err) == codes.NotFound {
		refuse(r.Context(), rw, http.StatusNotFound, err)
		return
	}
	if err != nil {
		refuse(r.Context(), rw, http.StatusBadGateway, err)
		return
	}
	like, err := w.recommend(r.Context(), id)
	if err != nil { // the page is whole without it, but slower and poorer
		trace.SpanFromContext(r.Context()).AddEvent("no recommendations", trace.WithAttributes(attribute.String("reason", err.Error())))
	}
	product["like"] = like
	reply(rw, http.StatusOK, product)
}

func (w *web) recommend(ctx context.Context, id int) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/recommendations/%d", w.like, id), nil)
	if err != nil {
		return nil, err
	}
	res, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("recommendations answered %d", res.StatusCode)
	}
	return data, nil
}

func (w *web) buy(rw http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<16))
	if err != nil {
		refuse(ctx, rw, http.StatusBadRequest, err)
		return
	}
	code, answer, err := post(ctx, w.client, w.checkout+"/orders", json.RawMessage(body))
	if err != nil {
		refuse(ctx, rw, http.StatusBadGateway, fmt.Errorf("place order: %w", err))
		return
	}
	if code >= 500 {
		refuse(ctx, rw, http.StatusBadGateway, fmt.Errorf("place order: checkout answered %d: %v", code, answer["error"]))
		return
	}
	reply(rw, code, answer)
}

// post sends JSON and reads JSON.
func post(ctx context.Context, client *http.Client, url string, body any) (status int, answer map[string]any, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer); err != nil {
		return 0, nil, fmt.Errorf("read answer: %w", err)
	}
	return res.StatusCode, answer, nil
}
