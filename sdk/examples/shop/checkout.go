package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const ordersSubject = "orders"

type order struct {
	Product  int    `json:"product"`
	Quantity int    `json:"quantity"`
	Customer string `json:"customer"`
}

type checkout struct {
	catalog  catalogClient
	client   *http.Client
	payments string
	loyalty  string
	queue    *nats.Conn
	tracer   trace.Tracer
}

func runCheckout(ctx context.Context, e Env) error {
	flush, err := start(ctx, e)
	if err != nil {
		return err
	}
	defer flush()
	if err := waitFor(ctx, e.Addrs["catalog"], e.Addrs["payments"], e.Addrs["loyalty"], e.Addrs["nats"]); err != nil {
		return err
	}
	conn, err := dialGRPC(e.Addrs["catalog"])
	if err != nil {
		return err
	}
	defer conn.Close()
	queue, err := nats.Connect("nats://"+e.Addrs["nats"], nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect to queue: %w", err)
	}
	defer queue.Close()
	c := &checkout{catalog: catalogClient{conn}, client: httpClient(map[string]string{paymentHost + ":80": e.Addrs["payments"], "loyalty.shop.internal:80": e.Addrs["loyalty"]}),
		payments: "http://" + paymentHost, loyalty: "http://loyalty.shop.internal", queue: queue, tracer: otel.Tracer("shop/checkout")}
	return serveHTTP(ctx, e.Addrs["checkout"], map[string]http.HandlerFunc{"POST /orders": c.place})
}

func (c *checkout) place(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var o order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&o); err != nil {
		refuse(ctx, w, http.StatusBadRequest, fmt.Errorf("read order: %w", err))
		return
	}
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("enduser.id", o.Customer), attribute.Int("order.quantity", o.Quantity))
	total, err := c.quote(ctx, o)
	if err != nil {
		refuse(ctx, w, http.StatusConflict, err)
		return
	}
	if status, err := c.charge(ctx, o, total); err != nil {
		refuse(ctx, w, status, err)
		return
	}
	if err := c.publish(ctx, o); err != nil {
		refuse(ctx, w, http.StatusInternalServerError, err)
		return
	}
	points, answer, err := post(ctx, c.client, c.loyalty+"/points", map[string]any{"customer": o.Customer, "total": total})
	if err != nil || points >= 300 { // the order stands without them
		trace.SpanFromContext(ctx).AddEvent("no loyalty points", trace.WithAttributes(attribute.Int("status", points), attribute.String("reason", fmt.Sprint(answer["error"], err))))
	}
	reply(w, http.StatusCreated, map[string]any{"total": total})
}

// quote prices the order and reserves its items.
func (c *checkout) quote(ctx context.Context, o order) (total int, err error) {
	ctx, span := c.tracer.Start(ctx, "quote")
	defer span.End()
	product, err := c.catalog.call(ctx, "Get", map[string]any{"id": o.Product})
	if err != nil {
		return 0, fmt.Errorf("price order: %w", err)
	}
	if _, err := c.catalog.call(ctx, "Reserve", map[string]any{"id": o.Product, "quantity": o.Quantity}); err != nil {
		return 0, fmt.Errorf("reserve items: %w", err)
	}
	price, _ := product["price"].(float64)
	return int(price) * o.Quantity, nil
}

var errDeclined = errors.New("card declined")

// charge asks the payment provider; the status is what our own caller is told.
func (c *checkout) charge(ctx context.Context, o order, total int) (status int, err error) {
	ctx, span := c.tracer.Start(ctx, "charge card", trace.WithAttributes(attribute.Int("payment.amount", total)))
	defer func() {
		if err != nil {
			span.RecordError(err)
			if status >= 500 {
				span.SetStatus(codes.Error, err.Error())
			}
		}
		span.End()
	}()
	code, answer, err := post(ctx, c.client, c.payments+"/v1/charges", map[string]any{"amount": total, "customer": o.Customer})
	switch {
	case err != nil:
		return http.StatusBadGateway, fmt.Errorf("charge card: %w", err)
	case code == http.StatusPaymentRequired:
		return http.StatusPaymentRequired, errDeclined
	case code == http.StatusTooManyRequests:
		return http.StatusTooManyRequests, errors.New("charge card: payment provider throttled us")
	case code >= 300:
		return http.StatusBadGateway, fmt.Errorf("charge card: provider answered %d: %v", code, answer["error"])
	}
	return 0, nil
}

// publish hands the order to fulfilment through the queue; the trace context travels in the message's headers.
func (c *checkout) publish(ctx context.Context, o order) error {
	ctx, span := c.tracer.Start(ctx, "send "+ordersSubject, trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(messaging("send")...))
	defer span.End()
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	msg := &nats.Msg{Subject: ordersSubject, Data: data, Header: nats.Header{}}
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(msg.Header))
	if err := c.queue.PublishMsg(msg); err != nil {
		span.SetStatus(codes.Error, err.Error())
		return fmt.Errorf("publish order: %w", err)
	}
	return nil
}

func messaging(operation string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("messaging.system", "nats"), attribute.String("messaging.destination.name", ordersSubject),
		attribute.String("messaging.operation.type", operation), attribute.String("messaging.operation.name", operation),
	}
}
