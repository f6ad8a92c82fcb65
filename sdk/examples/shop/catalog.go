package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/XSAM/otelsql"
	"github.com/go-sql-driver/mysql"
	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// openDB connects to the shop's MySQL with a client span for each statement.
func openDB(ctx context.Context, addr string) (*sql.DB, error) {
	if err := waitFor(ctx, addr); err != nil {
		return nil, err
	}
	mysql.RegisterDialContext("shop", func(ctx context.Context, _ string) (net.Conn, error) { return dialTCP(ctx, addr) })
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.DBName, config.InterpolateParams = "root", "shop", mysqlHost+":3306", database, true
	db, err := otelsql.Open("mysql", config.FormatDSN(),
		otelsql.WithAttributes(attribute.String("db.system.name", "mysql"), attribute.String("db.namespace", database),
			attribute.String("server.address", mysqlHost), attribute.Int("server.port", 3306)),
		otelsql.WithSpanNameFormatter(func(_ context.Context, method otelsql.Method, query string) string {
			return statementName(string(method), query)
		}),
		otelsql.WithSpanOptions(otelsql.SpanOptions{OmitConnResetSession: true, OmitConnPrepare: true, OmitRows: true, OmitConnectorConnect: true, DisableErrSkip: true}))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	return db, nil
}

var statement = regexp.MustCompile(`^\s*(\w+)(?:.*?\b(?:FROM|INTO|UPDATE|EXISTS)\s+(\w+)|\s+(\w+))?`)

// statementName is a span name of few values: the operation and the table.
func statementName(method, query string) string {
	m := statement.FindStringSubmatch(query)
	if m == nil {
		return method
	}
	return strings.TrimSpace(m[1] + " " + m[2] + m[3])
}

var products = []struct {
	name  string
	price int
}{
	{"Anvil", 4900}, {"Birdseed", 300}, {"Compass", 1850}, {"Drill", 12900}, {"Easel", 5400}, {"Flashlight", 2200},
	{"Gyroscope", 3100}, {"Hammock", 6900}, {"Inkwell", 900}, {"Jigsaw", 7400}, {"Kettle", 3900}, {"Lantern", 2600},
}

type catalog struct{ db *sql.DB }

func runCatalog(ctx context.Context, e Env) error {
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
	c := &catalog{db: db}
	if err := c.seed(ctx); err != nil {
		return fmt.Errorf("seed catalog: %w", err)
	}
	return serveGRPC(ctx, e.Addrs["catalog"], func(s *grpc.Server) { registerCatalog(s, c) })
}

func (c *catalog) seed(ctx context.Context) error {
	if _, err := c.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS products (id INT PRIMARY KEY, name VARCHAR(64), price INT, stock INT)"); err != nil {
		return err
	}
	for i, p := range products {
		if _, err := c.db.ExecContext(ctx, "REPLACE INTO products VALUES (?, ?, ?, ?)", i+1, p.name, p.price, 1000); err != nil {
			return err
		}
	}
	return nil
}

// List reads the products one by one: an N+1 that the trace makes visible.
func (c *catalog) List(ctx context.Context, _ *structpb.Struct) (*structpb.Struct, error) {
	rows, err := c.db.QueryContext(ctx, "SELECT id FROM products ORDER BY id")
	if err != nil {
		return nil, internal("list products", err)
	}
	defer rows.Close()
	var ids []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return nil, internal("list products", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, internal("list products", err)
	}
	var list []any
	for _, id := range ids {
		product, err := c.product(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, product)
	}
	return structpb.NewStruct(map[string]any{"products": list})
}

func (c *catalog) Get(ctx context.Context, in *structpb.Struct) (*structpb.Struct, error) {
	product, err := c.product(ctx, int(in.Fields["id"].GetNumberValue()))
	if err != nil {
		return nil, err
	}
	return structpb.NewStruct(product)
}

func (c *catalog) product(ctx context.Context, id int) (map[string]any, error) {
	var name string
	var price, stock int
	err := c.db.QueryRowContext(ctx, "SELECT name, price, stock FROM products WHERE id = ?", id).Scan(&name, &price, &stock)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, status.Errorf(codes.NotFound, "no product %d", id)
	}
	if err != nil {
		return nil, internal("read product", err)
	}
	return map[string]any{"id": id, "name": name, "price": price, "stock": stock}, nil
}

// Reserve takes items off the shelf and refills an empty one, so that the shop never sells out.
func (c *catalog) Reserve(ctx context.Context, in *structpb.Struct) (*structpb.Struct, error) {
	id, quantity := int(in.Fields["id"].GetNumberValue()), int(in.Fields["quantity"].GetNumberValue())
	result, err := c.db.ExecContext(ctx, "UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?", quantity, id, quantity)
	if err != nil {
		return nil, internal("reserve", err)
	}
	if n, _ := result.RowsAffected(); n == 0 {
		if _, err := c.db.ExecContext(ctx, "UPDATE products SET stock = 1000 WHERE id = ?", id); err != nil {
			return nil, internal("refill", err)
		}
		return nil, status.Errorf(codes.FailedPrecondition, "product %d is sold out", id)
	}
	work(ctx, 2*time.Millisecond)
	return structpb.NewStruct(map[string]any{"reserved": quantity})
}

func internal(what string, err error) error {
	return status.Errorf(codes.Internal, "%s: %v", what, err)
}
