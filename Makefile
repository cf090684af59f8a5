# Two commands do everything on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: demo experiments test browser lint readme bench bench-backend clean

demo: $(VENV)/.core ## lint the demo paper against its manifest
	$(BIN)/claimlint check corpus/demo/paper.tex --fail-on never

experiments: $(VENV)/.all ## run the demo paper's experiments again and compare with its manifest
	$(BIN)/claimlint run experiments/demo/paper.toml --verify-all

test: $(VENV)/.all lint ## style, types, tests
	$(BIN)/python -m pytest -n 2

browser: $(VENV)/bin/python ## what the tests of the report page need; without it they are left out, and say so
	VENV=$(VENV) .ci/browser

lint: $(VENV)/.all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

readme: $(VENV)/.all ## run the examples of README and docs/ again, and write what docs/ takes from the code
	$(BIN)/python -m tests.generated
	$(BIN)/python -m tests.readme

bench: $(VENV)/.all ## timings, and positions over a folder of manuscripts: make bench MANUSCRIPTS=path
	$(BIN)/python -m tests.benchmarks $(MANUSCRIPTS)

bench-backend: $(VENV)/.all ## sweeps beside hooks and other libraries: make bench-backend OPTIONS='--shapes small'
	$(BIN)/python -m tests.benchmarks.backend $(OPTIONS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "claimlint needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python pyproject.toml
	$(PIP) --editable .
	@touch $@

$(VENV)/.all: $(VENV)/.core pyproject.toml
	$(PIP) --editable '.[experiments,lsp,dev]'
	@touch $@
