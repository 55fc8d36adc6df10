# HaloTrack. `make help` lists what can be made.
export GOTOOLCHAIN := auto
export CGO_ENABLED ?= 0

TAGS    := no_default_driver
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X halotrack.ai/halotrack/cli.Version=$(VERSION)
GO_FILES := $(shell git ls-files '*.go' 2>/dev/null)
CHROMIUM := $(firstword $(foreach c,chromium chromium-browser google-chrome,$(shell command -v $(c))))

.DEFAULT_GOAL := help
.PHONY: help demo build build-testclock test check e2e chaos fuzz bench validate dev pages clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## Build, then run the product against a simulated Amazon
	bin/halotrack demo

build: pages ## Build bin/halotrack with the pages embedded
	go build -trimpath -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o bin/halotrack .

build-testclock: pages ## Build bin/halotrack-testclock, whose clock a file sets
	go build -trimpath -tags '$(TAGS) testclock' -ldflags '$(LDFLAGS)' -o bin/halotrack-testclock .

pages: ui/dist/index.html

ui/node_modules: ui/package.json ui/package-lock.json
	cd ui && npm ci --no-audit --no-fund
	@touch $@

ui/dist/index.html: ui/node_modules $(shell find ui/src ui/public ui/index.html ui/vite.config.ts -type f 2>/dev/null)
	cd ui && npm run build

test: build ## Run every test; those in a browser if Chromium is found
	go test -tags '$(TAGS)' $$(go list -tags '$(TAGS)' ./... | grep -v /e2e)
	go test -tags '$(TAGS) testclock' ./internal/clock ./internal/config ./cli
	CGO_ENABLED=1 go test -race -tags '$(TAGS)' ./amazon/lwa ./internal/clock ./internal/history ./internal/vault
	CGO_ENABLED=1 go test -race -tags '$(TAGS)' -run 'FullPass|Isolated|Revoked|Throttling' ./jobs/ingest
	cd ui && npm test
	@if [ -n "$(CHROMIUM)" ]; then $(MAKE) e2e; else echo "Browser tests skipped: no Chromium found. Install one (Debian: apt-get install chromium) and run 'make e2e'."; fi

e2e: build ## Run the browser tests
	go test -tags '$(TAGS)' -count=1 ./e2e

check: pages ## Format, vet, staticcheck, dependency rule, inventory lint, pages
	@test -z "$$(gofmt -l $(GO_FILES))" || { echo "Not formatted (run gofmt -w):"; gofmt -l $(GO_FILES); exit 1; }
	go vet -tags '$(TAGS)' ./...
	go vet -tags '$(TAGS) testclock' ./internal/clock ./internal/config ./cli .
	go tool staticcheck -tags '$(TAGS)' ./...
	go test -tags '$(TAGS)' -count=1 . ./amazon ./internal/inventory
	cd ui && npm run check && npm run lint

chaos: ## Kill the process 600 times in a hostile world, 100 of them over 30 weeks
	go test -tags '$(TAGS)' -run TestChaos -timeout 1h ./jobs/ingest -args -ingest.kills=500 -ingest.long

FUZZTIME := 30s

fuzz: ## Run every fuzz target, each for FUZZTIME (30s)
	@git grep -l '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u | while read -r folder; do \
		for target in $$(go test -tags '$(TAGS)' -list '^Fuzz' "./$$folder" | grep '^Fuzz'); do \
			echo "$$folder $$target"; \
			go test -tags '$(TAGS)' -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "./$$folder" </dev/null || exit 1; \
		done; \
	done

LARGE := 156
LARGE_FOLDER := $(CURDIR)/bin/large

bench: ## Run the benchmarks; the facts of a large seller of LARGE (156) weeks stay in LARGE_FOLDER
	go test -tags '$(TAGS)' -run '^$$' -bench . -benchmem ./amazon/... ./internal/analysis ./internal/history ./jobs/...
	go test -tags '$(TAGS)' -count=1 -v -run 'TestAnAgency|TestTheShares|TestTheEstimate' -timeout 2h ./jobs/ingest -args -ingest.agency=200
	go test -tags '$(TAGS)' -count=1 -v -run TestALargeSellersNewWeek -timeout 3h ./jobs/join -args -join.large=$(LARGE) -join.folder=$(LARGE_FOLDER)
	go test -tags '$(TAGS)' -count=1 -v -run TestALargeSellersAudit -timeout 3h ./jobs/audit -args -audit.large=$(LARGE) -audit.folder=$(LARGE_FOLDER)

validate: ## Measure the analysis's error rates on generated accounts, beside those that docs/method.md states
	go test -tags '$(TAGS)' -count=1 -v -run 'TestMeasured|GoodTerms|ListedWaste|IndexIntervals|WeakSteps|ScopeIsTold' -timeout 2h ./internal/analysis -args -analysis.full
	go test -tags '$(TAGS)' -count=1 -v -timeout 2h ./internal/analysis/halo -args -analysis.full

dev: ## Serve the pages with live reload beside a running demo
	cd ui && npm run dev

clean: ## Remove what was built
	rm -rf bin ui/dist/* ui/node_modules
