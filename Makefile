# Every target does its own set-up: a virtual environment in .venv with the locked packages, made once and again when
# requirements.lock or pyproject.toml changes. Nothing is installed outside .venv. `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
SERVICES := deploy/dev/services.sh
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

# The first of these that is new enough and can make virtual environments (Debian splits that part off).
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '  make %-13s %s\n' "$$name" "$$what"; done

demo: $(VENV)/.ready ## play the demonstration story, print it and end
	@$(BIN)/vet-hub demo $(ARGS)

run: $(VENV)/.ready ## the demonstration with the console left open
	@$(BIN)/vet-hub up --demo $(ARGS)

# With the development services up, the PostgreSQL and Kafka tests run too; settings made by hand win.
test: $(VENV)/.ready ## all tests (ARGS="-k word" chooses; PostgreSQL and Kafka ones when `make services` was called)
	@if [ -z "$$VET_HUB_TEST_DATABASE_URL$$VET_HUB_TEST_LOG_URL" ] && $(SERVICES) status >/dev/null 2>&1; then \
		eval "$$($(SERVICES) env | sed 's/VET_HUB_/VET_HUB_TEST_/g')"; \
	fi; $(BIN)/pytest $(ARGS)

torture: $(VENV)/.ready ## kill hubs N times over and judge what is left (SEED=, ENGINE=sqlite|cluster, AIM=point repeat and narrow)
	@if [ -z "$$VET_HUB_TEST_DATABASE_URL$$VET_HUB_TEST_LOG_URL" ] && $(SERVICES) status >/dev/null 2>&1; then \
		eval "$$($(SERVICES) env | sed 's/VET_HUB_/VET_HUB_TEST_/g')"; \
	fi; $(BIN)/python -m tests.delivery.torture --n $(or $(N),100) $(if $(SEED),--seed $(SEED)) \
		$(if $(ENGINE),--engine $(ENGINE)) $(if $(AIM),--aim "$(AIM)") $(ARGS)

outages: $(VENV)/.ready ## services of its own die, fall silent and fill up under load (SECONDS=60, RATE=300)
	@$(BIN)/python -m tests.delivery.outages $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RATE),--rate $(RATE)) $(ARGS)

bench: $(VENV)/.ready ## measure the hub against a bare loop
	@$(BIN)/python -m tests.bench $(ARGS)

bench-cluster: $(VENV)/.ready ## measure the cluster process by process (ARGS="--only sustained"; needs `make services`)
	@$(BIN)/python -m tests.bench --cluster $(ARGS)

lint: $(VENV)/.ready ## style, types and the import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

services: ## start a real PostgreSQL and Kafka for the tests (stop them: deploy/dev/services.sh down), fetch veraPDF
	@$(SERVICES) up
	@deploy/dev/verapdf.sh fetch

lock: $(VENV)/.locked ## write requirements.lock anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --quiet $(ARGS) --output-file requirements.lock

clean: ## remove .venv, caches and build output; data stay
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .tools build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv, itself locked by hash, installs in seconds what takes pip most of a minute. It does not read pip's own settings:
# where packages come only through those, pip does the work.
$(VENV)/.locked: requirements.lock
	@test -n "$(PYTHON)" || { echo "vet-hub needs Python 3.11 or newer with its venv module, and found none. On Debian or \
	Ubuntu: apt-get install python3 python3-venv. Elsewhere name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "Making the virtual environment $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing the locked packages into $(VENV) (this once)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock >$(VENV)/uv.lock
	@{ $(PIP) --require-hashes --only-binary :all: -r $(VENV)/uv.lock && $(UV) --require-hashes -r requirements.lock; } || \
		{ echo "uv could not; installing with pip (about a minute)"; $(PIP) --require-hashes -r requirements.lock; }
	@touch $@

$(VENV)/.ready: $(VENV)/.locked pyproject.toml
	@$(UV) --no-deps --no-build-isolation --editable . || $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help demo run test torture outages bench bench-cluster lint services lock clean
