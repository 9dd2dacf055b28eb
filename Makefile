# Everything from a fresh checkout: `make demo` runs the main job, `make test` passes the tests.
# Both create and reuse .venv. All paths are relative, so a checkout path with a space works.
# Another interpreter: make test PYTHON=/path/to/python3.12 (3.11 or newer).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?=
OUT ?= demo-output
# Not `?=`: some systems have a variable NAME in every environment.
NAME := all
VENV := .venv
BIN := $(VENV)/bin
STATED := requirements.txt pyproject.toml

# A virtual environment without compiled bytecode starts several times slower.
unexport PYTHONDONTWRITEBYTECODE
# A stray PYTHONPATH or PYTHONHOME would bring another environment's packages in.
unexport PYTHONPATH
unexport PYTHONHOME

define FIND_PYTHON
for python in "$(PYTHON)" python3 python3.12 python3.11 python3.13 python; do \
    if [ -n "$$python" ] && "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
        >/dev/null 2>&1; then break; fi; \
    if [ -n "$(PYTHON)" ]; then \
        echo "$(PYTHON) is no Python 3.11 or newer: name one, as in PYTHON=python3.12." >&2; exit 1; \
    fi; \
    python=; \
done; \
if [ -z "$$python" ]; then \
    echo "jaxswap needs Python 3.11 or newer and found none: install it, or name it, as in" \
        "make test PYTHON=/path/to/python3.12." >&2; exit 1; \
fi; \
if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
    echo "$$python has no venv module: on Debian or Ubuntu, run: sudo apt install python3-venv" >&2; \
    exit 1; \
fi
endef

.PHONY: help demo test lint unit test-long test-mutations test-identity test-buckets test-tensorflow test-beam bench format clean

help:
	@echo "make demo             the main job on the embedded footage -> $(OUT)/"
	@echo "make test             lint and all quick tests"
	@echo "make lint             ruff, import-linter and pyright alone"
	@echo "make test-long        the tests that train or convert for minutes"
	@echo "make test-mutations   read a thousand damaged videos and pictures"
	@echo "make test-identity    the tests that tell people apart, and LPIPS (models of 160 MB)"
	@echo "make test-buckets     the main job in an S3-compatible server on this machine"
	@echo "make test-tensorflow  compare with the mtcnn package's TensorFlow detector (large download)"
	@echo "make test-beam        the tests on Apache Beam (large download, a .venv of its own)"
	@echo "make bench            all benchmarks, beside PyTorch (large download); NAME=step for one"
	@echo "make format           let ruff format the code"
	@echo "make clean            remove .venv, caches and $(OUT)/"

demo: $(VENV)/.installed
	@$(BIN)/python -m jaxswap demo --out "$(OUT)"

test: lint unit

# The variable keeps pyright from asking PyPI whether there is a newer one.
lint: $(VENV)/.installed-dev
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/lint-imports
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/python -m pyright --pythonpath $(BIN)/python

# Files are not divided, since tests of one share what takes long to make.
unit: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

test-long: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -q -m long

test-mutations: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -q -m mutations

test-identity: $(VENV)/.installed-identity
	@$(BIN)/python -m pytest -q tests/evaluation tests/vision/test_descriptor.py \
		tests/vision/test_people.py tests/vision/test_roster.py tests/conversion/test_assignment.py \
		tests/cli/test_mapping.py

test-buckets: $(VENV)/.installed-buckets
	@$(BIN)/python -m pytest -q -m buckets

test-tensorflow: $(VENV)/.installed-tensorflow
	@$(BIN)/python -m pytest -q -m tensorflow

# A virtual environment of its own: Apache Beam holds some packages at older versions.
test-beam: $(VENV)-beam/.installed
	@$(VENV)-beam/bin/python -m pytest -q -m beam tests/scale

# Its tests first: a comparison with another amount of work would mean nothing.
bench: $(VENV)/.installed-bench
	@$(BIN)/python -m pytest -q tests/test_benchmarks.py
	@$(BIN)/python -m benchmarks $(NAME)

format: $(VENV)/.installed-dev
	@$(BIN)/python -m ruff check --fix .
	@$(BIN)/python -m ruff format .

clean:
	rm -rf -- $(VENV) $(VENV)-beam build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache "$(OUT)"

$(VENV)/bin/python:
	@$(FIND_PYTHON); "$$python" -m venv $(VENV)

$(VENV)/.installed: $(STATED) | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --compile --editable .
	@touch $@

$(VENV)/.installed-dev: $(STATED) | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --compile --editable ".[dev]"
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-identity: $(STATED) | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --compile --editable ".[dev,identity,lpips]"
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

$(VENV)/.installed-buckets: $(STATED) | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --compile --editable ".[dev,buckets,moto]"
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

$(VENV)/.installed-tensorflow: $(STATED) | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --compile --editable ".[dev,mtcnn-tf]"
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

$(VENV)/.installed-bench: $(STATED) | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --compile --editable ".[dev,bench]"
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

$(VENV)-beam/.installed: $(STATED)
	@$(FIND_PYTHON); "$$python" -m venv $(VENV)-beam
	@$(VENV)-beam/bin/python -m pip install --quiet --compile --editable ".[dev,beam]"
	@touch $@
