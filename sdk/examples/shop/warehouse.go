package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgtype"
	wire "github.com/jeroenrinzema/psql-wire"
)

// The two statements that the warehouse understands.
const (
	lowStock = "SELECT sku, quantity FROM stock WHERE quantity < $1"
	refill   = "UPDATE stock SET quantity = quantity + $1 WHERE sku = $2"
)

// warehouse speaks PostgreSQL's wire protocol over shelves in memory that people keep taking from.
type warehouse struct {
	mu     sync.Mutex
	random *rand.Rand
	shelf  map[string]int32
}

func newWarehouse(seed uint64) *warehouse {
	w := &warehouse{random: rand.New(rand.NewPCG(seed, 3)), shelf: map[string]int32{}}
	for _, p := range products {
		w.shelf[strings.ToUpper(p.name[:3])+"-1"] = int32(40 + w.random.IntN(100))
	}
	return w
}

func (w *warehouse) serve(ctx context.Context, addr string) error {
	server, err := wire.NewServer(w.parse, wire.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		return fmt.Errorf("start warehouse: %w", err)
	}
	done := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer done()
	return server.ListenAndServe(addr)
}

func (w *warehouse) parse(_ context.Context, q wire.Query) (wire.PreparedStatements, error) {
	switch strings.TrimSpace(q.Query) {
	case lowStock:
		columns := wire.Columns{{Name: "sku", Oid: pgtype.TextOID, Width: 64}, {Name: "quantity", Oid: pgtype.Int4OID, Width: 4}}
		return wire.Prepared(wire.NewStatement(w.low, wire.WithColumns(columns), wire.WithParameters([]uint32{pgtype.Int4OID}))), nil
	case refill:
		return wire.Prepared(wire.NewStatement(w.refill, wire.WithParameters([]uint32{pgtype.Int4OID, pgtype.TextOID}))), nil
	default:
		return wire.Prepared(wire.NewStatement(func(_ context.Context, out wire.DataWriter, _ []wire.Parameter) error {
			return out.Complete("OK")
		})), nil
	}
}

func (w *warehouse) low(_ context.Context, out wire.DataWriter, parameters []wire.Parameter) error {
	limit, err := strconv.Atoi(string(parameters[0].Value()))
	if err != nil {
		return fmt.Errorf("quantity: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for sku, quantity := range w.shelf {
		if quantity -= int32(w.random.IntN(12)); quantity < 0 { // sold since we last looked
			quantity = 0
		}
		w.shelf[sku] = quantity
		if quantity < int32(limit) {
			n++
			if err := out.Row([]any{sku, quantity}); err != nil {
				return err
			}
		}
	}
	return out.Complete("SELECT " + strconv.Itoa(n))
}

func (w *warehouse) refill(_ context.Context, out wire.DataWriter, parameters []wire.Parameter) error {
	by, err := strconv.Atoi(string(parameters[0].Value()))
	if err != nil {
		return fmt.Errorf("quantity: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shelf[string(parameters[1].Value())] += int32(by)
	return out.Complete("UPDATE 1")
}
