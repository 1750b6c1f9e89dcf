# Needs Python 3.11 or newer, git and make; everything else comes by hash from the two locks.
PYTHON ?= python3
PORT ?= 8080
LIST ?= $(firstword $(wildcard ../shared/data/chongluadao-urls.txt) core/data/sample-signals.txt)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install

.DEFAULT_GOAL := help
.PHONY: help run test types suite drills bench lock openapi
.DELETE_ON_ERROR:

# Images of Python forbid bytecode; then each worker, and each hub in a process of its own, compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

help:  ## Show this list
	@sed -nE 's/^([a-z]+):.*  ## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 17

run: .venv/installed  ## Start the hub with demo data in var/ (PORT=8080, LIST=file of signals)
	$(BIN)/kmm demo --data var --port $(PORT) --list $(LIST)

test: .venv/tools  ## Check style, types and imports, and run every test on both engines
	$(BIN)/ruff check --output-format concise
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo --no-cache
	@$(MAKE) --no-print-directory -j 2 types suite

# Side by side: the tests wait for clocks and servers for longer than mypy takes.
types:
	$(BIN)/mypy
suite:
	KMM_SHORT=1 $(BIN)/pytest -q -n 4 --dist worksteal

drills: .venv/tools  ## Every test on both engines; kill, crowd and flood the hub at full size (make test has a short form)
	$(BIN)/pytest -q -n 4 --dist worksteal
	KMM_DRILLS=full $(BIN)/pytest -v tests/drills

bench: .venv/tools  ## Measure speed and memory against their baselines (an hour; FIGURES="feed page" for some)
	$(BIN)/python -m tests.bench $(FIGURES)

openapi: .venv/installed  ## Write openapi/ anew
	$(BIN)/kmm openapi

# A lock names versions and hashes, never an index: whoever installs brings their own.
define requirements
$(BIN)/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb")); print(*$(1), sep="\n")'
endef
COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate

lock: .venv/installed  ## Resolve both locks anew from pyproject.toml
	$(PIP) uv
	$(call requirements,project["build-system"]["requires"]) \
		| $(COMPILE) --upgrade pyproject.toml - -o requirements.lock
	$(call requirements,project["project"]["optional-dependencies"]["test"]) \
		| $(COMPILE) --upgrade -c requirements.lock - -o tests/requirements.lock

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.x")'
	@echo "Installing the hub into .venv"
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/tools: .venv/installed tests/requirements.lock
	@echo "Installing the test tools into .venv"
	$(PIP) --require-hashes -r tests/requirements.lock
	@touch $@
