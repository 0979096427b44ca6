# Every command people and CI use. `make` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip

.DEFAULT_GOAL := help
.PHONY: help install install-clients format lint typecheck test test-matrix demo bench docs dashboards-drawn pages-drawn clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

install: $(VENV)/.installed ## Make .venv and install Groundwire with everything to develop it

install-clients: $(VENV)/.clients ## Add the client libraries that some tests run against

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Groundwire needs Python 3.11 or newer; try: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --disable-pip-version-check --upgrade pip
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[archive,collector,demo,grpc,mcp,postgres,reader]' --group dev
	@touch $@

$(VENV)/.clients: $(VENV)/.installed
	@echo "Installing the client libraries (a few minutes, once)"
	@$(PIP) install --quiet --constraint constraints.txt --group clients
	@# With its dependencies it would take grpcio and protobuf back to older ones.
	@$(PIP) install --quiet --no-deps weaviate-client==4.24.1 authlib==1.9.9 \
		joserfc==1.8.0 validators==0.36.0
	@touch $@

format: install ## Format the code
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format .

lint: install ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

typecheck: install ## Check types, strictly
	@$(BIN)/mypy

test: install ## Run every test whose parts are present; lists what was not run, and what enables it
	@$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder

test-matrix: install ## Run every supported instrumentation live, one environment each (hours)
	@$(BIN)/python -m pytest -q tests/matrix --timeout=3600

demo: install ## A RAG application, a fine-tune that stops reading its context, and the alarm
	@$(BIN)/groundwire demo

bench: install ## Print the figures the documentation quotes (long; GROUNDWIRE_DATA: the labelled sets)
	@for part in grounding edits reliance drift mapping ingest worker sustained sdk_overhead; do \
		echo "== benchmarks/$$part.py"; $(BIN)/python benchmarks/$$part.py || exit 1; done

docs: install ## Write the generated pages, dashboards and rules anew
	@$(BIN)/python -m groundwire_collector.reference
	@$(BIN)/python -m groundwire_collector.assembly.reference
	@$(BIN)/python -m dashboards.build
	@$(BIN)/python -m tests.layers
	@$(BIN)/python -m tests.words

dashboards-drawn: install ## Draw every dashboard with Grafana's components, check it, write the pictures
	@$(BIN)/python -m dashboards.drawing

pages-drawn: install ## Take the pictures of the pages for the documentation, of a demo
	@$(BIN)/python tools/pages/draw.py

clean: ## Remove what the other commands made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-data
