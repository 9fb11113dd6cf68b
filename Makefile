# The project's commands. `make demo` and `make test` are the two that a user needs; each does all its own set-up.
PYTHON ?= python3
CLUSTER ?= local
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
# What touches no file, process or clock.
PURE := tests/core tests/api tests/reports
# The working directory is never importable by itself: a folder called operator/ lies here.
export PYTHONSAFEPATH := 1
export PYTHONPATH := $(CURDIR)
export PYTHONUNBUFFERED := 1

.PHONY: help install demo test pure adapters e2e check crds bench mutants clean

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: install ## the demonstration, on a control plane of its own; CLUSTER=current uses the current kubeconfig's
	@$(BIN)/python -m e2e.demonstration $(CLUSTER)

test: pure adapters e2e ## every test: first the pure ones (seconds), then adapters, then a real control plane

pure: install
	@echo "» pure tests"
	@$(BIN)/pytest -q -n 2 $(PURE)

adapters: install
	@echo "» adapters, each against a real or an emulated other side, the evaluation over a real ledger, the house's rules"
	@$(BIN)/pytest -q -n 2 tests $(addprefix --ignore=,$(PURE))

e2e: install
	@echo "» end to end, on a real control plane (its programs are built once, into a cache)"
	@$(BIN)/python -m e2e.controlplane build
	@$(BIN)/pytest -q e2e/tests

check: install ## format, lint, types, import contracts, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/uv lock --check --quiet
	@$(BIN)/python -m aicost.api.crd --check
	@$(BIN)/python -m aicost.cli.reference --check
	@$(BIN)/python -m tests.chart.values --check

crds: install ## write what is generated: CRDs, the chart's copies, reference documentation
	@$(BIN)/python -m aicost.api.crd
	@$(BIN)/python -m aicost.cli.reference
	@$(BIN)/python -m tests.chart.values

bench: install ## measure; prints a table, judges nothing
	@$(BIN)/python -m bench

mutants: install ## change the core's arithmetic in every small way: a test must fail each time (an hour; MODULES="money" for one)
	@$(BIN)/python -m mutation $(MODULES)

clean: ## remove what make made here; the cache of built programs stays (~/.cache/aicost)
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .bench .mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(VENV)/.installed ## everything into .venv, from uv.lock, hash-checked

$(VENV)/.installed: uv.lock pyproject.toml
	@test -x $(BIN)/uv || { echo "» making $(VENV) with $$($(PYTHON) --version)"; $(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@echo "» installing the locked packages"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --frozen --all-groups --inexact --active --quiet
	@touch $@
