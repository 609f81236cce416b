# Every command of the project. Each target does its own set-up.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export DO_NOT_TRACK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench train wheel clean samples

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed-demo  ## Set up, scan samples/ and show the result (a few minutes the first time)
	$(BIN)/python samples/demo.py

test: $(VENV)/.installed-test  ## Set up, check style, types and rules, run every test
	$(MAKE) --no-print-directory lint
	$(BIN)/qc rules check
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-test  ## ruff, strict mypy, the one-way import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test  ## Benchmarks, each as a ratio to a named peer in the same run
	$(BIN)/python -m tests.benchmarks

train: $(VENV)/.installed-test  ## Train the classifier from models/corpus; put it in use if it is not worse
	$(BIN)/python -m flows.train --install

wheel: $(VENV)/.installed-test  ## Build the wheel into dist/
	$(BIN)/python -m build --wheel

samples: $(VENV)/.installed-demo  ## Rebuild the derived sample recordings
	$(BIN)/python samples/build.py

clean:  ## Remove the environment, the default home and everything built
	rm -rf $(VENV) var dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-demo: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[asr,classifier]'
	$(BIN)/qc models get base
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[asr,classifier,flows,train,dev]'
	$(BIN)/qc models get base
	@touch $@ $(VENV)/.installed-demo
