# `make help` lists everything. The two commands that matter: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv/bin
MANAGE := $(VENV)/python manage.py
CHECKS := $(VENV)/python tools/checks

# Options of `manage.py up`, for example: make run ARGS="--port 9000 --workers 2"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-fast test-static test-frontend test-engine test-infra test-apps test-browser \
        browser test-faults faults fuzz lint type fmt docs schema bench bench-search bench-shared check clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

setup: ## Prepare .venv and the built front end (what `make run` needs)
	@$(PYTHON) tools/setup

setup-dev: ## Prepare also what checks and tests need, with Debian packages where allowed
	@$(PYTHON) tools/setup --dev --system

run: setup ## Start everything on this machine; Ctrl-C stops it
	@exec $(MANAGE) up $(ARGS)

test: setup-dev ## Run all checks and tests, as CI does
	@$(CHECKS)

test-fast: setup-dev ## Run the tests without browser, PostgreSQL and killed processes
	@$(CHECKS) frontend engine contracts apps-sqlite

test-static: setup-dev ## Run the static checks
	@$(CHECKS) static

test-frontend: setup-dev ## Run the tests of the TypeScript
	@$(CHECKS) frontend

test-engine: setup-dev ## Run the tests of the engine and of what every space and strategy promises
	@$(CHECKS) engine contracts

test-infra: setup-dev ## Run the tests of set-up, supervisor and containers
	@$(CHECKS) infra

test-apps: setup-dev ## Run the tests of pages, API and tasks on SQLite and on PostgreSQL
	@$(CHECKS) apps-sqlite apps-postgres

test-browser: setup-dev ## Run the tests in a real browser
	@$(CHECKS) browser

test-faults: setup-dev ## Run the tests that kill processes, a few of each kind
	@$(CHECKS) faults

faults: setup-dev ## Run the tests that kill processes, twenty of each kind (takes long)
	@NASWEB_FAULT_ROUNDS=20 $(CHECKS) faults

fuzz: setup-dev ## Try property-based tests with examples nobody saw yet (takes long)
	@$(CHECKS) fuzz

browser: test-browser ## The same

check: test-static ## What a reviewer expects to pass before looking

lint: setup-dev ## Look for style errors in Python, templates and TypeScript, and for forbidden imports
	@$(CHECKS) lint

type: setup-dev ## Check the types of Python and TypeScript
	@$(CHECKS) types

fmt: setup-dev ## Format and repair the Python code
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

schema: setup-dev ## Write the generated files: TypeScript types of events, OpenAPI schema (var/openapi.yaml)
	@$(MANAGE) generate_types
	@$(MANAGE) spectacular --validate --file var/openapi.yaml

docs: setup-dev ## Check that the documentation is complete
	@$(CHECKS) docs

bench: setup-dev ## Measure; takes long and asserts nothing about this machine
	@$(VENV)/pytest -q -s -m bench tests/bench
	@NASWEB_TEST_DATABASE=postgres $(VENV)/pytest -q -s -m bench tests/bench/test_throughput.py

bench-search: setup-dev ## Measure how good the strategies are: races over many seeds, on a benchmark table and on real training
	@OMP_NUM_THREADS=1 $(VENV)/python -m tests.bench.search table --seeds 100
	@OMP_NUM_THREADS=1 $(VENV)/python -m tests.bench.search digits --seeds 5

bench-shared: setup-dev ## Measure searches with shared weights against random search of the same cost; MNIST where NASWEB_TEST_DATA has it
	@OMP_NUM_THREADS=1 $(VENV)/python -m tests.bench.shared digits --seeds 3
	@test -z "$$NASWEB_TEST_DATA" || OMP_NUM_THREADS=1 $(VENV)/python -m tests.bench.shared mnist --seeds 3

clean: ## Delete what was built; keeps var/ with all runs
	@rm -rf .venv frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
