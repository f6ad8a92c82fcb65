# Two commands matter: `make run` and `make test`. Everything else is a part of them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
NPM ?= npm
export GOFLAGS ?= -buildvcs=false
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Packages with goroutines or locks of ours; the race detector needs gcc and costs minutes elsewhere. What runs on one goroutine has no
# races to find: parsers, translators, timelines, TraceQL over readers. The readers' own goroutines run under the questions of query,
# jaeger and zipkin; only comparisons are asked by nobody there, so RACE_TRACES are run too. collector and collector/xray would have the
# whole Collector compiled once more.
RACE := ./collector/admission ./collector/journal/... ./collector/loader/... ./collector/otlp ./collector/otlp/series ./storage/upkeep \
	./query ./query/alert ./query/jaeger/... ./query/promapi ./query/traceapi ./query/zipkin
RACE_TRACES := ^TestComparison

.PHONY: help
help: ## what there is to make
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build bin/shop ## install, build and start everything with the demo shop beside it; Ctrl-C stops it
	@deploy/run.sh

.PHONY: build
build: prerequisites engine ui ## leave the program at ./sightline
	$(GO) build -ldflags "-w -X main.version=$(VERSION)" -o sightline .

.PHONY: bin/shop
bin/shop:
	cd sdk/examples && $(GO) build -o ../../bin/shop ./shop

.PHONY: prerequisites
prerequisites:
	@deploy/prerequisites.sh

.PHONY: engine
engine: deploy/engine/node_modules/.package-lock.json
deploy/engine/node_modules/.package-lock.json: deploy/engine/package-lock.json
	$(NPM) ci --prefix deploy/engine --no-audit --no-fund --loglevel=error

ui/node_modules/.package-lock.json: ui/package-lock.json
	$(NPM) ci --prefix ui --no-audit --no-fund --loglevel=error

UI_SOURCES := $(shell find ui/src ui/public ui/index.html ui/vite.config.ts ui/tsconfig.json ui/package.json -type f 2>/dev/null)
.PHONY: ui
ui: ui/dist/index.html
ui/dist/index.html: ui/node_modules/.package-lock.json $(UI_SOURCES)
	$(NPM) run --prefix ui build --silent
	@touch ui/dist/.keep $@

.PHONY: test
test: build bin/shop lint test-go test-ui test-browser ## every test
	@echo "all tests passed"

.PHONY: test-go
test-go: engine ui
	$(GO) test -p 3 -vet=off -timeout 15m ./... # three packages at once: several mostly wait, for kills and for the engine; lint vets all
	@if ! command -v gcc >/dev/null; then echo "no gcc: the race detector did not run"; exit 1; fi
	$(GO) test -race -short -vet=off -p 3 -timeout 15m $(RACE)
	$(GO) test -race -short -vet=off -timeout 15m -run '$(RACE_TRACES)' ./storage/traces
	cd sdk && $(GO) vet ./... && $(GO) test -vet=off -timeout 5m ./...
	cd sdk/examples && $(GO) vet ./... && $(GO) test -vet=off -timeout 10m ./...

.PHONY: test-ui
test-ui: ui/node_modules/.package-lock.json
	$(NPM) run --prefix ui test --silent

.PHONY: test-browser
test-browser: build bin/shop
	$(NPM) run --prefix ui test:browser --silent
	$(NPM) run --prefix ui test:pages --silent
	$(NPM) run --prefix ui test:budgets --silent

.PHONY: lint
lint: ui ## formatting, vet, staticcheck, eslint, tsc
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not formatted: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool -modfile=deploy/tools/go.mod staticcheck ./...
	$(NPM) run --prefix ui lint --silent

.PHONY: bench
bench: build ## spans per CPU-second, bytes a span, query latencies, memory, cold start
	$(GO) run ./bench/report $(BENCH)

.PHONY: chaos
chaos: build ## the long versions of the tests that kill, cut, fill and damage (two hours; some need root)
	SIGHTLINE_CHAOS=long $(GO) test -v -count=1 -timeout 240m ./collector/...

.PHONY: conformance
conformance: build ## other people's clients, unchanged, against the program
	deploy/conformance/run.sh

.PHONY: clean
clean: ## remove what was built and installed, not your data
	rm -rf sightline bin ui/dist/assets ui/dist/index.html ui/node_modules deploy/engine/node_modules deploy/conformance/*/node_modules
