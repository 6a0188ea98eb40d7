# Every target does its own set-up: a bare checkout and Python 3.11 or newer are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export MATINEE_HOME ?= $(CURDIR)/.matinee

.PHONY: help demo demo-cluster test check format bench clean servers-up servers-down servers-clean servers-status

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

demo: $(VENV)/.run ## load MovieLens, train, serve, and watch a like change a recommendation
	@$(BIN)/matinee demo $(ARGS)

demo-cluster: $(VENV)/.dev ## the same on Kafka, Spark on YARN, and Delta on HDFS, with two replicas; needs Java and Maven
	@$(BIN)/python -m deploy.demo $(ARGS)

test: $(VENV)/.dev ## run every test
	@$(BIN)/pytest -n auto --dist worksteal $(ARGS)

check: $(VENV)/.dev ## format, lint, types, layers, docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pytest tests/docs

format: $(VENV)/.dev ## format and mend what a machine can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## measure what docs/benchmarks.md reports
	@$(BIN)/python -m benchmarks $(ARGS)

servers-up: $(VENV)/.dev ## start real servers here, without containers: all, or ARGS=kafka
	@$(BIN)/python -m deploy.local up $(ARGS)

servers-down: $(VENV)/.dev ## stop them
	@$(BIN)/python -m deploy.local down $(ARGS)

servers-clean: $(VENV)/.dev ## stop them and delete their data
	@$(BIN)/python -m deploy.local clean $(ARGS)

servers-status: $(VENV)/.dev ## what runs, where it listens and logs
	@$(BIN)/python -m deploy.local status $(ARGS)

clean: ## remove the demo's data and the virtual environment
	rm -rf "$(CURDIR)/.matinee" $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Matinee needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Setting up $(VENV), once: a minute or a few …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ui]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
