package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// restockEvery is the schedule of the job.
const restockEvery = 10 * time.Second

// runRestock is a scheduled job: it fills the warehouse's shelves, which are in another database than the shop's.
func runRestock(ctx context.Context, e Env) error {
	flush, err := start(ctx, e)
	if err != nil {
		return err
	}
	defer flush()
	if err := waitFor(ctx, e.Addrs["postgres"], e.Addrs["catalog"]); err != nil {
		return err
	}
	conn, err := dialGRPC(e.Addrs["catalog"])
	if err != nil {
		return err
	}
	defer conn.Close()
	config, err := pgxpool.ParseConfig("postgres://shop@" + postgresHost + "/warehouse?sslmode=disable&default_query_exec_mode=exec")
	if err != nil {
		return err
	}
	config.ConnConfig.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.ConnConfig.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) { return dialTCP(ctx, e.Addrs["postgres"]) }
	config.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithTrimSQLInSpanName(), otelpgx.WithDisableConnectionDetailsInAttributes(),
		otelpgx.WithTracerAttributes(attribute.String("db.system.name", "postgresql"), attribute.String("db.namespace", "warehouse"),
			attribute.String("server.address", config.ConnConfig.Host), attribute.Int("server.port", int(config.ConnConfig.Port))))
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open warehouse: %w", err)
	}
	defer pool.Close()
	tracer := otel.Tracer("shop/restock")
	for {
		restock(ctx, tracer, pool, catalogClient{conn})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restockEvery):
		}
	}
}

func restock(ctx context.Context, tracer trace.Tracer, pool *pgxpool.Pool, catalog catalogClient) {
	ctx, span := tracer.Start(ctx, "restock", trace.WithAttributes(attribute.String("job.schedule", "@every "+restockEvery.String())))
	defer span.End()
	if err := fillShelves(ctx, pool, catalog); err != nil && ctx.Err() == nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
}

func fillShelves(ctx context.Context, pool *pgxpool.Pool, catalog catalogClient) error {
	if _, err := catalog.call(ctx, "List", nil); err != nil {
		return fmt.Errorf("list products: %w", err)
	}
	rows, err := pool.Query(ctx, lowStock, 50)
	if err != nil {
		return fmt.Errorf("read low stock: %w", err)
	}
	var skus []string
	for rows.Next() {
		var sku string
		var quantity int32
		if err := rows.Scan(&sku, &quantity); err != nil {
			return fmt.Errorf("read low stock: %w", err)
		}
		skus = append(skus, sku)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read low stock: %w", err)
	}
	for _, sku := range skus {
		if _, err := pool.Exec(ctx, refill, 100, sku); err != nil {
			return fmt.Errorf("refill %s: %w", sku, err)
		}
	}
	return nil
}
