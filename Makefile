# The project's commands. Each does its own set-up; `make demo` and `make test` are the two a user needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONSAFEPATH := 1

.PHONY: install demo test pure e2e check crds bench clean

install: $(VENV)/.installed ## everything into .venv, from uv.lock, hash-checked

$(VENV)/.installed: uv.lock pyproject.toml
	@test -x $(BIN)/uv || ( echo "» making .venv with $$($(PYTHON) --version)"; $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 )
	@echo "» installing the locked packages"
	@VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv sync --frozen --all-groups --inexact --active --quiet
	@touch $@
