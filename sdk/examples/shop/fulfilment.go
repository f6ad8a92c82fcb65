package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

type fulfilment struct {
	db     *sql.DB
	client *http.Client
	tracer trace.Tracer
}

// runFulfilment takes orders off the queue, keeps them and sends a mail.
func runFulfilment(ctx context.Context, e Env) error {
	flush, err := start(ctx, e)
	if err != nil {
		return err
	}
	defer flush()
	db, err := openDB(ctx, e.Addrs["mysql"])
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, product INT, quantity INT, customer VARCHAR(64))"); err != nil {
		return fmt.Errorf("create orders: %w", err)
	}
	if err := waitFor(ctx, e.Addrs["nats"], e.Addrs["mailer"]); err != nil {
		return err
	}
	queue, err := nats.Connect("nats://"+e.Addrs["nats"], nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect to queue: %w", err)
	}
	defer queue.Close()
	messages := make(chan *nats.Msg, 1024)
	if _, err := queue.ChanQueueSubscribe(ordersSubject, "fulfilment", messages); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	f := &fulfilment{db: db, client: httpClient(map[string]string{"mailer.shop.internal:80": e.Addrs["mailer"]}), tracer: otel.Tracer("shop/fulfilment")}
	for {
		select {
		case <-ctx.Done():
			return nil
		case msg := <-messages:
			f.process(ctx, msg)
		}
	}
}

// process begins a trace of its own that links to the order's, as OpenTelemetry advises for queues.
func (f *fulfilment) process(ctx context.Context, msg *nats.Msg) {
	producer := trace.SpanContextFromContext(otel.GetTextMapPropagator().Extract(context.Background(), propagation.HeaderCarrier(msg.Header)))
	ctx, span := f.tracer.Start(ctx, "process "+ordersSubject, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithLinks(trace.Link{SpanContext: producer}), trace.WithAttributes(messaging("process")...))
	defer span.End()
	if err := f.handle(ctx, msg.Data); err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
}

func (f *fulfilment) handle(ctx context.Context, data []byte) error {
	var o order
	if err := json.Unmarshal(data, &o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	if _, err := f.db.ExecContext(ctx, "INSERT INTO orders (product, quantity, customer) VALUES (?, ?, ?)", o.Product, o.Quantity, o.Customer); err != nil {
		return fmt.Errorf("keep order: %w", err)
	}
	code, answer, err := post(ctx, f.client, "http://mailer.shop.internal/mails", map[string]any{"to": o.Customer, "template": "order"})
	if err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	if code >= 300 {
		return fmt.Errorf("send mail: mailer answered %d: %v", code, answer["error"])
	}
	return nil
}

// runMailer pretends to deliver mail; it takes its time rendering.
func runMailer(ctx context.Context, e Env) error {
	flush, err := start(ctx, e)
	if err != nil {
		return err
	}
	defer flush()
	tracer := otel.Tracer("shop/mailer")
	return serveHTTP(ctx, e.Addrs["mailer"], map[string]http.HandlerFunc{"POST /mails": func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), "render template")
		work(ctx, 8*time.Millisecond)
		span.End()
		reply(w, http.StatusAccepted, map[string]bool{"queued": true})
	}})
}
