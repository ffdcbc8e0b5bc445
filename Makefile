# Every target sets up what it needs: `make demo` and `make test` work as the first command on a fresh machine with Python 3.11.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint benchmarks clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/demo.stamp ## Run the whole way once against a Copernicus Data Space on this machine
	$(BIN)/phistac demo

test: $(VENV)/dev.stamp ## Run the tests
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile

lint: $(VENV)/dev.stamp ## Check style, types and import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmarks: $(VENV)/dev.stamp build/peers/stamp ## Measure beside other tools and write docs/benchmarks.md
	$(BIN)/python -m benchmarks --peers build/peers/bin/python

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) build dist demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/pip.stamp:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"  # the first that knows dependency groups
	touch $@

$(VENV)/demo.stamp: $(VENV)/pip.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[all]"
	touch $@

$(VENV)/dev.stamp: $(VENV)/pip.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev
	touch $@ $(VENV)/demo.stamp

build/peers/stamp: benchmarks/requirements-peers.txt
	$(PYTHON) -m venv build/peers
	build/peers/bin/python -m pip install --quiet --requirement $<
	touch $@
