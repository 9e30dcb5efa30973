# Everyday commands. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help run dev console screens test contract fuzz mutants check fmt bench migrate

CARGO ?= cargo
# What `serve` gets beside --demo and --lab, such as: make run ARGS='--listen 127.0.0.1:8080'
ARGS ?=

help: ## List these commands
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: ## Build Florin and start it with demo users and the lab on http://localhost:3000
	scripts/console --if-older
	$(CARGO) run --release --package florin -- serve --demo --lab $(ARGS)

dev: ## The same from a debug build, with logs for people
	FLORIN_LOG_FORMAT=human FLORIN_LOG=info,florin=debug,florin_server=debug,florin_store=debug \
		$(CARGO) run --package florin -- serve --demo --lab $(ARGS)

console: ## Build the console; needs Node 20. The next build of Florin takes it in
	scripts/console

test: ## All tests, on SQLite and on a private PostgreSQL that it starts and stops
	scripts/ensure-tools
	scripts/console
	scripts/with-postgres $(CARGO) test --workspace
	$(MAKE) contract screens

contract: ## Hold both stores' servers against /openapi.json; FLORIN_CONTRACT_SECONDS=900 for a full run
	scripts/ensure-tools
	$(CARGO) build --package florin
	scripts/with-postgres scripts/contract

screens: ## Test the console: units, lints, and every screen in Chromium; pictures are left in console/screenshots
	scripts/ensure-tools
	$(CARGO) build --package florin
	scripts/with-postgres scripts/console-tests

fuzz: ## Fuzz whatever reads what strangers send, FUZZ_SECONDS=60 for each of them; needs a nightly Rust
	scripts/fuzz

mutants: ## Break the code that decides about money, place by place, and see that a test notices (hours)
	scripts/ensure-tools
	scripts/with-postgres scripts/mutants

check: ## What CI runs: format, lints, documentation, licenses, all tests
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --quiet
	scripts/check-dependencies
	$(MAKE) test

fmt: ## Format the code
	$(CARGO) fmt --all

bench: ## Measure both stores beside the classic way; writes target/bench-*.json
	scripts/ensure-tools
	$(CARGO) build --release --package florin
	target/release/florin bench --json target/bench-sqlite.json $(ARGS)
	scripts/with-postgres sh -c 'FLORIN_DATABASE_URL="$$FLORIN_TEST_POSTGRES_URL" \
		exec target/release/florin bench --json target/bench-postgres.json $(ARGS)'

migrate: ## Bring the database of FLORIN_DATABASE_URL (or ./florin-data) up to date
	$(CARGO) run --release --package florin -- migrate up $(ARGS)
