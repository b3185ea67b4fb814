# Two commands: `make run` and `make test`. Each sets up what it needs, once.
# PYTHON is only used to set up; the product lives in .venv.

PYTHON ?= python3
PORT ?= 8000
DATA ?= twofold-data
DATABASE ?= both
ONLY ?=
COVERAGE ?=

BIN := .venv/bin
TEMPLATES = $(shell find src -path '*/templates/*' -name '*.html')

.DEFAULT_GOAL := help
.PHONY: help run setup test test-slow coverage check lint types contracts templates migrations format bench wheel clean

help: ## List the targets
	@echo 'make run [PORT=8001] [DATA=folder]      Serve Twofold with its demonstration on http://127.0.0.1:8000'
	@echo 'make test [DATABASE=sqlite|postgresql]  Run all tests, in a real browser too, on both databases'
	@echo 'make test ONLY="tests/ledger"           Run a part of them'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 40

run:
	@$(PYTHON) scripts/run.py --port '$(PORT)' --data '$(DATA)'

test:
	@$(PYTHON) scripts/suite.py --database $(DATABASE) $(if $(COVERAGE),--coverage) $(ONLY)
	@$(if $(COVERAGE),$(BIN)/python scripts/floors.py)

test-slow: ## Run the full-size proofs that ordinary runs leave out
	@$(PYTHON) scripts/suite.py --slow --database $(DATABASE) $(ONLY)

coverage: ## Measure branch coverage on SQLite and check the floor of each package
	@$(MAKE) --no-print-directory test DATABASE=sqlite COVERAGE=yes

setup: ## Install all that run, check and test need
	@$(PYTHON) scripts/prepare.py test

check: develop lint types contracts templates migrations ## Lint, format, types, layers, templates, migrations

.PHONY: develop
develop:
	@$(PYTHON) scripts/prepare.py develop

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

templates:
	@$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)
	$(BIN)/djlint --lint src

migrations:
	PYTHONPATH=src:tests $(BIN)/python -m django makemigrations --check --dry-run --settings=settings

format: develop ## Format the code and the templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@$(BIN)/djade --target-version 5.2 $(TEMPLATES)

bench: develop ## Measure, and write bench/results.json (ONLY=ledger for a part)
	@$(BIN)/python bench/run.py $(if $(ONLY),--only '$(ONLY)')

wheel: develop ## Build the wheels of the product, front-end assets inside, and of the verifier into dist/
	@.tools/uv/bin/uv build --quiet --wheel --out-dir dist
	@.tools/uv/bin/uv build --quiet --wheel --out-dir dist packages/twofold-verify
	@ls -1t dist/*.whl | head -n 2

clean: ## Remove what was built and installed; the data folder stays
	rm -rf .venv .tools node_modules dist build htmlcov test-results .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage src/twofold/web/static/vendor
