# Every command of the project. Each target does its own set-up.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
TEST_PROCESSES ?= 2
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export DO_NOT_TRACK = 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint bench train wheel clean samples screenshots browser frontend

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed-demo frontend  ## Set up, scan samples/ and show the result (a few minutes the first time)
	$(BIN)/python samples/demo.py

test: $(VENV)/.installed-test frontend  ## Set up, check style, types and rules, run every test
	$(MAKE) --no-print-directory lint
	$(BIN)/qc rules check
	$(BIN)/python -m pytest --numprocesses=$(TEST_PROCESSES) --dist=loadfile

lint: $(VENV)/.installed-test  ## ruff, strict mypy, the one-way import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test frontend  ## Benchmarks, each as a ratio to a named peer in the same run
	$(BIN)/python -m tests.benchmarks

train: $(VENV)/.installed-test  ## Train the classifier from models/corpus; put it in use if it is not worse
	$(BIN)/python -m flows.train --install

wheel: $(VENV)/.installed-test frontend  ## Build the wheel into dist/
	$(BIN)/python -m build --wheel

screenshots: $(VENV)/.installed-test frontend  ## Make the pictures of every page in docs/screenshots
	$(BIN)/python -m tests.web.screenshots

samples: $(VENV)/.installed-demo  ## Rebuild the derived sample recordings
	$(BIN)/python samples/build.py

clean:  ## Remove the environment, the default home and everything built
	rm -rf $(VENV) var dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-demo: pyproject.toml constraints.txt package.json | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[asr,classifier,web]'
	$(BIN)/qc models get base
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt package.json | $(BIN)/python browser
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[asr,classifier,flows,train,web,dev]'
	$(BIN)/qc models get base
	@touch $@ $(VENV)/.installed-demo

frontend:  # What package.json pins; says at once when all is there
	@$(BIN)/python tools/front_end.py

browser:  # Chromium for the browser tests: Debian's, where this may be installed
	@command -v chromium >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing chromium for the browser tests"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk; } >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "no chromium here and none could be installed: browser tests will be skipped"; \
	echo "(as root on Debian: apt-get install chromium fonts-noto-cjk)"
