# The only list of commands. `make help` explains them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

ifneq (,$(wildcard .env))
include .env
export
endif

.DEFAULT_GOAL := help
.PHONY: help run test coverage test-quick check security sbom bench browser foreign peers lighthouse translations stylesheet explorer format requirements clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: $(VENV)/.app ## set everything up and run the whole product with a simulated programme
	@exec $(BIN)/pulse up --demo

# What tries the four pure packages: their own tests, and those of a few use cases that stand right above them.
PURE := tests/instruments tests/scoring tests/notifications tests/dashboards $(addprefix tests/survey_app/test_, \
	doubts.py enrolment.py hooks.py instrument_views.py reorganising.py roster_uploads.py sender_accounts.py)

test: $(VENV)/.dev ## run the whole test-suite; every line and branch of the four pure packages has to be tried
	$(BIN)/pytest -n $(WORKERS) $(addprefix --cov=,instruments scoring notifications dashboards) --cov-report= $(PURE) $(ARGS)
	$(BIN)/python tests/coverage_of_pure_packages.py
	$(BIN)/pytest -n $(WORKERS) $(addprefix --ignore=,$(PURE)) $(ARGS)

coverage: $(VENV)/.dev ## run the whole test-suite measuring everything, which takes twice as long
	$(BIN)/pytest -n $(WORKERS) --cov --cov-report=term --cov-fail-under=95 $(ARGS)

test-quick: $(VENV)/.dev ## run the tests that need neither a browser nor ten seconds
	$(BIN)/pytest -n $(WORKERS) -m "not browser and not slow" $(ARGS)

check: $(VENV)/.dev ## lint, types, import contracts, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q tests/architecture

security: $(VENV)/.dev build/security/bin/semgrep ## look for known mistakes: bandit, our own rules for semgrep, the API under fire
	$(BIN)/pytest -q tests/architecture/test_known_mistakes.py tests/survey_app/test_api_under_fire.py

build/security/bin/semgrep: | $(VENV)/.uv
	@$(BIN)/uv venv -q --python $(PYTHON) build/security
	@$(BIN)/uv pip install -q --python build/security/bin/python "semgrep>=1.180,<2"

sbom: $(VENV)/.dev ## write down everything that the product installs, as CycloneDX, to build/sbom.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements/app.txt --pyproject pyproject.toml --sv 1.6 \
		--output-reproducible -o build/sbom.json
	@$(BIN)/python -c 'import json; print(len(json.load(open("build/sbom.json"))["components"]), "components in build/sbom.json")'

bench: $(VENV)/.dev ## run the benchmarks
	$(BIN)/python -m benchmarks

browser: ## install Chromium for the browser tests (Debian, Ubuntu)
	apt-get update -o DPkg::Lock::Timeout=300
	apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 chromium

foreign: ## fetch forms and dictionaries of others that the importers are tried on
	PYTHON=$(PYTHON) bash tests/instruments/fetch_foreign_files.sh build/foreign

peers: ## fetch what others wrote that our peers are held to; as root on Debian, Postfix too
	PYTHON=$(PYTHON) bash tests/notifications/fetch_peers.sh build/peers

lighthouse: $(VENV)/.dev ## fetch Lighthouse (220 MB, needs npm) and let it judge the pulse
	npm install --prefix build/lighthouse --no-audit --no-fund --silent lighthouse@12.8.2
	LIGHTHOUSE=alone $(BIN)/pytest tests/journeys/test_lighthouse.py

translations: $(VENV)/.dev ## bring the catalogues of other languages up to date with the pages
	$(BIN)/pybabel extract -F babel.toml -k phrase --no-location --sort-output --omit-header -o build/messages.pot .
	$(BIN)/pybabel update -i build/messages.pot -d survey_app/translations --no-fuzzy-matching --ignore-obsolete -w 120
	$(BIN)/pybabel compile -d survey_app/translations

stylesheet: $(VENV)/.dev ## compile the pulse's stylesheet from govuk-frontend (needs npm)
	mkdir -p build/stylesheet && cp survey_app/stylesheets/package*.json build/stylesheet/
	npm ci --prefix build/stylesheet --no-audit --no-fund --silent
	$(BIN)/python survey_app/stylesheets/compile.py build/stylesheet/node_modules

explorer: $(VENV)/.dev ## bundle the explorer's script with Vega and its design (needs npm)
	mkdir -p build/explorer && cp survey_app/explorer/package*.json build/explorer/
	npm ci --prefix build/explorer --no-audit --no-fund --silent
	$(BIN)/python -m survey_app.explorer.bundle build/explorer

format: $(VENV)/.dev ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

requirements: $(VENV)/.uv ## resolve the dependencies anew
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		pyproject.toml -o requirements/app.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		pyproject.toml --group dev -o requirements/dev.txt

clean: ## remove the virtual environment and everything built; data in instance/ stays
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: install it (Debian, Ubuntu: apt-get install python3-venv)."; exit 1; }
	@echo "Setting up (the first time takes about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check "uv>=0.8"
	@touch $@

$(VENV)/.app: requirements/app.txt pyproject.toml | $(VENV)/.uv
	@if [ ! -e $(VENV)/.dev ]; then $(BIN)/uv pip install -q --compile-bytecode --require-hashes -r requirements/app.txt; fi
	@$(BIN)/uv pip install -q --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.uv
	@$(BIN)/uv pip sync -q --compile-bytecode --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install -q --no-deps -e .
	@touch $@ $(VENV)/.app
