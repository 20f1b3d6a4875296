# Upwind. `make help` says what there is; each target sets up what it needs first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -X main.version=$(VERSION)
VENDOR   := web/static/vendor/.stamp
LINT     := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 30s

# Rooms that must build and pass without cgo.
PURE := . ./access ./bus/... ./grid/... ./ingest/... ./lidar/... ./quality/... ./raster ./raster/forest ./raster/region ./raster/network ./store/... ./tracing/...

.PHONY: help setup setup-test build demo test lint score bench fixtures fuzz clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup:
	@.ci/setup build
setup-test:
	@.ci/setup test

$(VENDOR): web/package-lock.json web/vendor.sh
	@cd web && ./vendor.sh
	@touch $@

build: setup $(VENDOR) ## bin/upwind
	@$(GO) build -ldflags '$(LDFLAGS)' -o bin/upwind ./cmd/upwind
	@echo "bin/upwind is ready"

demo: build ## the simulated city end to end, then the map in a browser (DEMO_ONCE=1 ends after the table)
	@.ci/demo

# Arithmetic on whole scenes, days and releases takes ten times as long under the race detector: it runs without, and
# what of it runs on several processors runs with it too.
ARITHMETIC := ^upwind/(lidar|raster/sequence|tracing|fixtures/(airshed|month|release|scanner|yard))(/|$$)
test: setup-test $(VENDOR) ## everything CI checks
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt these:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet $(PURE)
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/upwind ./cmd/upwind
	$(GO) test -race -timeout 14m $$($(GO) list ./... | grep -Ev '$(ARITHMETIC)')
	$(GO) test -race -short -timeout 14m ./lidar/...
	$(GO) test -race -timeout 14m -run 'AnyNumber|SameBytes|Threads' ./tracing/...
	$(GO) test -timeout 14m $$($(GO) list ./... | grep -E '$(ARITHMETIC)')

lint: setup ## golangci-lint with the floor plan's import rules
	$(GO) run $(LINT) run

score: build ## accuracy on real data and on the simulated city
	@bin/upwind score $(SCORE)

bench: build ## speed, beside a rival where one is installed
	@bin/upwind bench $(BENCH)

fixtures: build ## write the simulated city to out/city
	@bin/upwind fixtures -o out/city

fuzz: setup ## every fuzz target for FUZZTIME (30s)
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg; \
	  done; done

clean: ## remove what make built
	rm -rf bin out web/node_modules
	find web/static/vendor -mindepth 1 ! -name README.md -delete
