# Two commands matter: `make run` serves PS Insights with sample data, `make test` runs the tests.
# Both do all the set-up by themselves, with uv where it is installed, else with venv and pip.

PORT ?= 8000
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
export PORT
# Compiled once, everything starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run run-databricks test test-slow lint format bench screenshots lock browser clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 26

run: $(VENV)/.run .env ## Serve PS Insights on 127.0.0.1 (PORT=8000) with the sample portfolio
	@exec $(MANAGE) up --prepare

run-databricks: $(VENV)/.dev .env ## The same against a loopback warehouse with sample Delta tables
	@exec $(BIN)/python -m tests.warehouse.demo

test: $(VENV)/.dev ## Install the development set and run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not browser and not slow and not warehouse and not llm and not live"

test-slow: $(VENV)/.dev ## The loopback warehouse, processes that are killed, large sets
	$(BIN)/python -m pytest -m "(slow or warehouse) and not browser and not llm and not live"

browser: $(VENV)/.dev ## The tests in headless Chromium (needs Debian's chromium-headless-shell or chromium)
	$(BIN)/python -m pytest tests/browser -n 2 --dist loadgroup

lint: $(VENV)/.dev ## Format and lint checks, types, templates, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy psinsights engagements connectors insights metrics
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Put code and templates into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint templates --reformat --quiet || true

bench: $(VENV)/.dev .env ## Measure load, pages and insights as ratios to a floor; writes docs/benchmarks.md
	$(MANAGE) bench

screenshots: $(VENV)/.dev .env ## Pictures of every page, both themes, two widths, into docs/screenshots
	$(MANAGE) screenshots

lock: ## Renew the lock files (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --extra postgres -c requirements.lock pyproject.toml -o requirements.txt

clean: ## Remove the environment, the database and generated data
	rm -rf $(VENV) db.sqlite3 db.sqlite3-wal db.sqlite3-shm data/generated staticfiles

# The stamp says which lock file the environment was made from.
$(VENV)/.run: requirements.lock
	@test -e $(VENV)/.dev && test ! requirements-dev.lock -nt $(VENV)/.dev && touch $@ || \
	  $(MAKE) --no-print-directory install LOCK=requirements.lock STAMP=$@

$(VENV)/.dev: requirements-dev.lock
	@$(MAKE) --no-print-directory install LOCK=requirements-dev.lock STAMP=$@

.PHONY: install
install:
	@if [ -z "$(PYTHON)" ]; then echo "PS Insights needs Python 3.11 or newer. Install it, or say PYTHON=/path/to/python3.11."; exit 2; fi
	@echo "Setting up $(VENV) from $(LOCK) (once)"
	@with_uv() { command -v uv >/dev/null 2>&1 && \
	    { test -x $(BIN)/python || uv venv -q --python $(PYTHON) $(VENV); } && \
	    uv pip install -q --require-hashes --python $(BIN)/python -r $(LOCK); }; \
	  with_pip() { { test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV); } && \
	    $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r $(LOCK); }; \
	  with_uv || with_pip
	@touch $(STAMP)

.env:
	@umask 077 && { echo "# Written once by make run. docs/settings.md describes every setting."; \
	  echo "DEBUG=true"; \
	  echo "SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')"; } > .env.tmp && mv .env.tmp .env
