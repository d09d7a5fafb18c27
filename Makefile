# One verb a task; `make help` lists them. Another Python: `make book PYTHON=python3.12`.
# The versions that computed the results, instead of the newest: `make book CONSTRAINTS=constraints.txt`.

PYTHON ?= python3
CONSTRAINTS ?=
PORT ?= 8000
# The record comes last: it prints how long the others took.
RECORD := notebooks/b_record.ipynb
NB ?= $(filter-out $(RECORD), $(sort $(wildcard notebooks/*.ipynb)) $(sort $(wildcard solutions/*.ipynb))) $(RECORD)

SHELL := bash
.DEFAULT_GOAL := help

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -r requirements.txt
# pip's output, cut down to the downloads that take time; its errors go to stderr and stay. Where it is used stands
# `set -o pipefail`, so that a failed install counts as one: macOS's make 3.81 ignores .SHELLFLAGS.
PIP_PROGRESS := awk '/Downloading .* MB\)/ { print; fflush() } /^Installing collected/ { print "  installing"; fflush() }'
BOOK_SOURCES := _config.yml _toc.yml README.md requirements.txt pyproject.toml scripts/book_files.py $(shell \
	find book notebooks solutions mnist_utils results models -name '.*' -prune -o -name __pycache__ -prune -o -type f -print)

.PHONY: help book read lab check test lint run verify bench torture supply clean clean-all

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

book: _build/complete ## build the book from the committed notebooks: no training
	@echo "The book is ready. Open this page: file://$(CURDIR)/_build/html/index.html"
	@echo "or type: make read (its search shows the lines that it found, which a browser refuses to pages from a disk)"

read: _build/complete ## serve the book to this computer's browsers, until Ctrl-C
	@echo "Open http://127.0.0.1:$(PORT); Ctrl-C ends it. Another port: make read PORT=8001"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: .venv/installed ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks

check: lint ## style and the fast tests, in a minute: no browser, no training
	$(BIN)/pytest -q -n 2 -m "not slow and not torture"

test: lint ## style and the tests: units, notebooks (nbval, smoke), a program, the built book, the browser
	$(BIN)/pytest -n 2 --maxschedchunk 1

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

run: .venv/installed ## re-execute all notebooks, then the solutions, at full scale, in place (one: NB=notebooks/02_baseline.ipynb)
	$(BIN)/python scripts/notebooks.py run $(NB)

verify: .venv/installed ## re-execute all in a scratch folder and report each number that differs
	$(BIN)/python scripts/notebooks.py verify $(NB)

bench: .venv/installed-dev ## measure the speed: beside the tutorial's listing, and in the browser
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/browser.py

torture: .venv/installed-dev ## make things go wrong, thousands of times, and write what was survived: an hour (a part: AREA=images)
	$(BIN)/python scripts/run_torture.py $(if $(AREA),--area $(AREA))

supply: .venv/installed-dev ## before a release: ask for known weaknesses of the packages, and list their licences
	$(BIN)/python scripts/check_supply.py

clean: ## remove what was built (the installed packages stay)
	rm -rf _build .pytest_cache mnist_utils.egg-info
	find . \( -name .venv -o -name node_modules \) -prune -o \
		-type d \( -name __pycache__ -o -name .ipynb_checkpoints -o -name .ruff_cache \) -prune -exec rm -rf {} +

clean-all: clean ## remove the installed packages, too
	rm -rf .venv node_modules

# The build itself: every page anew (an unchanged page would hide its warning), warnings are errors.
_build/complete: .venv/installed $(BOOK_SOURCES)
	$(BIN)/jupyter-book build . --all -W -n --keep-going -q
	@touch $@

# Installed anew only when what is asked for has changed.
.venv/installed: requirements.txt pyproject.toml $(CONSTRAINTS) | .venv/bin/python
	@echo "Installing the book's packages into .venv; the first time, this downloads about 1 GB:"
	@set -o pipefail; $(INSTALL) | $(PIP_PROGRESS)
	@touch $@

.venv/installed-dev: .venv/installed
	@echo "Installing the test tools into .venv:"
	@set -o pipefail; $(INSTALL) -e '.[book,dev]' | $(PIP_PROGRESS)
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' \
		|| { echo "$(PYTHON) is not Python 3.10 to 3.13. Name one that is: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
