# Everything a person does with this project, from a bare machine: Python 3.11 to 3.13 and make are enough.
# Written for GNU make 3.81, the one macOS ships.

SHELL := /bin/bash
UV_VERSION := 0.13.9
UV := .bootstrap/bin/uv
BIN := .venv/bin
READY := .venv/ready
BENCH_READY := .venv-bench/ready

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test lint docs bench lock clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make the environment (.venv) from the lock; nothing to do when it is up to date

demo: $(READY) ## Run the whole way on sample data under Airflow, then stop everything
	@$(BIN)/python -m entrepot.orchestration demo

up: $(READY) ## Start the database and Airflow, and print where they are
	@$(BIN)/python -m entrepot.orchestration up

down: ## Stop Airflow and the database
	@if [ -e $(READY) ]; then $(BIN)/python -m entrepot.orchestration down; fi

test: $(READY) ## Run the whole test suite
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

lint: $(READY) ## Check style, types, SQL, the Compose file, and the dbt project: its conventions and its contracts with readers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project
	$(BIN)/entrepot contract check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

docs: $(READY) ## Write the dbt docs of the warehouse as one page, .state/docs/index.html
	$(BIN)/entrepot docs --out .state/docs

bench: $(BENCH_READY) ## Measure what the work costs and write docs/performance.md (PARTS="intake queries" for some parts only, SIZES="4x30 12x30" for shorter histories)
	.venv-bench/bin/python benchmarks/bench.py $(PARTS) $(if $(SIZES),--sizes $(SIZES))

lock: $(UV) ## Choose the newest allowed versions again and write them, with hashes, to requirements*.lock
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
		--group dev pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
		--constraint requirements.lock --group bench -o requirements-bench.lock

clean: down ## Remove the environment and everything the project wrote on this machine
	@if [ -e $(READY) ]; then $(BIN)/python -m entrepot.orchestration clean; fi
	rm -rf .venv .venv-bench .bootstrap .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs

# `import venv, ensurepip` rules out a Python that cannot make environments (Debian splits that part off).
$(UV): Makefile
	@for candidate in python3.11 python3.12 python3.13 python3; do \
		if $$candidate -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2> /dev/null; \
		then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11, 3.12 or 3.13 with its venv module is needed: install it (Debian: python3-venv)." >&2; exit 1; \
	fi; \
	set -e; \
	rm -rf .bootstrap; \
	$$python -m venv .bootstrap; \
	.bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
	touch $@

# $(call environment,FOLDER,LOCKS) fills a virtual environment with exactly what the locks name, and the project.
# uv does not read pip's configuration: a mirror set there is handed over.
define environment
@set -e; \
mirror=$$(.bootstrap/bin/python -m pip config get global.index-url 2> /dev/null || true); \
if [ -n "$${PIP_INDEX_URL:-$$mirror}" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$mirror}}"; fi; \
if [ ! -x $(1)/bin/python ]; then $(UV) venv --quiet --python .bootstrap/bin/python $(1); fi; \
echo "Installing the locked packages in $(1) (about 700 MB, a few minutes the first time)"; \
$(UV) pip sync --quiet --python $(1)/bin/python --require-hashes --compile-bytecode $(2); \
$(UV) pip install --quiet --python $(1)/bin/python --no-deps --editable .; \
touch $(1)/ready
endef

$(READY): requirements.lock pyproject.toml $(UV)
	$(call environment,.venv,requirements.lock)

# The loaders we are compared with stay out of the environment that runs and tests the project.
$(BENCH_READY): requirements.lock requirements-bench.lock pyproject.toml $(UV)
	$(call environment,.venv-bench,requirements.lock requirements-bench.lock)
