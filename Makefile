# Every command of the project; `make help` lists them. All run from a bare machine with Python 3.11 or newer.
PYTHON ?= python3
PORT ?= 8000
THAW_CORPUS ?= corpus
THAW_INDEX ?= whoosh:build/index
VENV := .venv
BIN := $(VENV)/bin
export PORT THAW_CORPUS THAW_INDEX
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- run -----------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/.installed ## make .venv with the locked dependencies

$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Thaw needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.PHONY: index
index: setup ## build the index from the corpus where it is missing or stale
	$(BIN)/python -m indexer build

.PHONY: serve
serve: index ## build what is stale, then serve on 127.0.0.1:$$PORT
	@echo "Explorer  http://127.0.0.1:$(PORT)/"
	@echo "API docs  http://127.0.0.1:$(PORT)/docs"
	$(BIN)/gunicorn -c api/gunicorn.py -b 127.0.0.1:$(PORT) api.wsgi:app

# --- check ---------------------------------------------------------------------------------------------------

.PHONY: test
test: setup ## the whole default test suite: no network, no services
	$(BIN)/python -m pytest

.PHONY: fuzz
fuzz: setup ## ask every operation some thousand new questions (minutes)
	$(BIN)/python -m pytest tests/openapi/test_contract.py --hypothesis-profile=fuzz

.PHONY: faults
faults: setup ## kill, fill, damage and flood a running service: about three minutes
	$(BIN)/python -m pytest -m faults tests/faults

.PHONY: relevance
relevance: setup ## score the search on the judged queries, step by step, with memory and latency: two minutes
	$(BIN)/python bench/relevance.py
	$(BIN)/python bench/relevance.py --cost

.PHONY: check
check: lint types imports corpus-check spec-check breaking readme-check test ## what CI runs first

.PHONY: test-sdk
test-sdk: setup ## generate every client, compile it, let it call the live server; SDK_LANGS="go rust" for some
	$(BIN)/python -m openapi.sdk.run test $(SDK_LANGS)

.PHONY: lint
lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: types
types: setup
	$(BIN)/mypy

.PHONY: imports
imports: setup
	$(BIN)/lint-imports

.PHONY: corpus-check
corpus-check: setup
	$(BIN)/python -m indexer check --locked

.PHONY: spec-check
spec-check: setup ## the committed OpenAPI document is the one the app generates
	$(BIN)/python -m openapi.generate --check

.PHONY: breaking
breaking: setup ## what has changed since the released document, and whether it breaks callers
	$(BIN)/python -m openapi.breaking

.PHONY: lint-spec
lint-spec: ## lint the OpenAPI document by four rulesets (needs npm; says so and goes on without)
	openapi/lint/run

.PHONY: readme-check
readme-check: setup ## the README's settings table is the one in api/settings.py
	$(BIN)/python -m api.settings --check README.md

# --- write ---------------------------------------------------------------------------------------------------

.PHONY: format
format: setup ## format and mend what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: spec
spec: setup ## write openapi/openapi.json anew
	$(BIN)/python -m openapi.generate

.PHONY: sdk
sdk: setup ## a client library from the OpenAPI document: make sdk LANG=go
ifeq ($(origin LANG),command line)
	@LANG=C.UTF-8 $(BIN)/python -m openapi.sdk.run generate $(LANG)
else
	@echo "make sdk LANG=NAME, where NAME is one of:"
	@$(BIN)/python -m openapi.sdk.run names
endif

.PHONY: lock
lock: ## resolve pyproject.toml into requirements.lock anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --all-extras pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## remove the environment and everything built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
