# Touchstone: `make app` starts the dashboard, `make test` checks everything. Both do their own set-up in .venv.
# Variables: PORT (first port to try), PYTHON (an interpreter, 3.11 or newer), TORCH_INDEX (another package index for
# torch, such as one with builds for your GPU; after `make clean`), WORKERS (processes that share the tests), PYTEST_ARGS (passed on to pytest).

PORT ?= 8501
PYTHON ?=
TORCH_INDEX ?=
WORKERS ?= 4
PYTEST_ARGS ?=

SHELL := /bin/sh
BIN := .venv/bin
APP := .venv/.installed-app
TESTS := .venv/.installed-tests
PIP := $(BIN)/python -m pip install --no-input --disable-pip-version-check
# One thread a process: on few cores, more threads only wait for each other; and results stay the same everywhere.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMEXPR_NUM_THREADS=1
# Hypothesis draws the same examples every time and sets no deadline: a busy machine is no failure.
STEADY := --hypothesis-profile=ci

# Dozens of processes import the same files: compiled once, they are not compiled by each of them.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help app test test-slow bench check format-check lint types layers format clean

help:
	@echo 'make app        install what is needed and open the dashboard'
	@echo 'make test       format, lint, types, layers and all tests (in a browser too, where a Chromium is found)'
	@echo 'make test-slow  the long tests: kill drills, large stores'
	@echo 'make bench      measure speed on this machine, as ratios'
	@echo 'make check      format, lint, types and layers only'
	@echo 'make format     put the code into its format'
	@echo 'make clean      remove .venv and caches; results and inputs stay'

app: $(APP)
	@$(BIN)/python pages/parts/launch.py --port $(PORT)

test: check
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) $(STEADY) $(PYTEST_ARGS)

test-slow: $(TESTS)
	$(ONE_THREAD) $(BIN)/python -m pytest -m slow $(STEADY) $(PYTEST_ARGS)

bench: $(TESTS)
	$(ONE_THREAD) $(BIN)/python -m tests.bench $(BENCH_ARGS)

check: format-check lint types layers

format-check: $(TESTS)
	$(BIN)/ruff format --check .

lint: $(TESTS)
	$(BIN)/ruff check .

types: $(TESTS)
	$(BIN)/pyright

layers: $(TESTS)
	$(BIN)/lint-imports --no-cache

format: $(TESTS)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, so an interrupted install is done again and a complete one is not.
$(TESTS): tests/requirements.txt $(APP)
	@$(PIP) -r tests/requirements.txt
	@touch $@

$(APP): requirements.txt
	@set -e; \
	for python in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python; do \
	  if [ -n "$$python" ] && "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then break; fi; \
	  python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'Touchstone needs Python 3.11 or newer, and none was found here.'; \
	  echo 'Install one, or name it: make app PYTHON=/path/to/python3.11'; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  echo "The Python found here ($$python) cannot make virtual environments: its module venv is missing."; \
	  echo 'On Debian and Ubuntu: sudo apt install python3-venv'; exit 1; \
	fi; \
	echo 'Installing into .venv: some minutes the first time, nothing later.'; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear .venv; \
	$(PIP) --upgrade pip; \
	if [ -n "$(TORCH_INDEX)" ]; then $(PIP) --index-url "$(TORCH_INDEX)" $$(grep '^torch==' requirements.txt); fi; \
	$(PIP) -r requirements.txt
	@touch $@
