// Command shop is a small web shop made of real services that talk to each other over loopback: HTTP, gRPC, an SQL database, a
// queue with a producer and a consumer, and an external payment host that is sometimes slow, throttles or fails. Nothing it
// sends is made up: every span is a call that happened. It exists so that Sightline has something to show in its first minute.
//
//	browser ─► web ─┬─► catalog ─► MySQL
//	                ├─► recommendations ─► Redis, catalog
//	                └─► checkout ─┬─► catalog
//	                              ├─► api.paybridge.example          (external)
//	                              ├─► loyalty ─► DynamoDB, SQS "receipts" ─► receipts   (a function)
//	                              └─► NATS "orders" ─► fulfilment ─► MySQL, mailer
//	restock (a scheduled job) ─► catalog, PostgreSQL
//
// Every few minutes somebody deploys a bad version of recommendations and takes it back a minute later.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `shop runs a demo shop of real services that send their traces to Sightline.

  shop all [flags]     every service as its own process, and a load on them
  shop SERVICE         one of: infra aws payments web catalog recommendations checkout
                       loyalty receipts restock fulfilment mailer load

Flags of "all":
`

// services are the processes of the shop in the order in which they start.
var services = []struct {
	name string
	run  func(context.Context, Env) error
}{
	{"infra", runInfra},
	{"aws", runAWS},
	{"payments", runPayments},
	{"mailer", runMailer},
	{"catalog", runCatalog},
	{"recommendations", runRecommendations},
	{"loyalty", runLoyalty},
	{"receipts", runReceipts},
	{"restock", runRestock},
	{"checkout", runCheckout},
	{"fulfilment", runFulfilment},
	{"web", runWeb},
	{"load", runLoad},
}

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log, os.Args[1:]); err != nil && !errors.Is(err, context.Canceled) {
		log.Error(err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger, args []string) error {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	options := allOptions{}
	flags.StringVar(&options.Endpoint, "endpoint", "http://127.0.0.1:4317", "where Sightline takes OTLP over gRPC")
	flags.StringVar(&options.Env, "env", "demo", "deployment environment that the services name")
	flags.Float64Var(&options.Rate, "rate", 8, "shop visits per second, at most 200")
	flags.Uint64Var(&options.Seed, "seed", 1, "seed of the visitors' choices")
	flags.DurationVar(&options.Deploy, "deploy-every", 4*time.Minute, "deploy a bad version of recommendations this often, for a quarter of the time; 0: never")
	flags.DurationVar(&options.For, "for", 0, "stop the load after this long; 0: until stopped")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	name := "all"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		name, args = args[0], args[1:]
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if name == "all" {
		return runAll(ctx, log, options)
	}
	for _, service := range services {
		if service.name == name {
			return service.run(untilParentEnds(ctx), envOf(name, log))
		}
	}
	return fmt.Errorf("no service %q; see shop -h", name)
}
