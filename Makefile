# Everything that a user types. Each target installs what it needs into .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ROOMS := catalog service exporter alerts dashboards logging bundle
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help generate check lint test mutate backtest drill demo bench pictures docs lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

generate: $(VENV)/.generate ## write dashboards, rules, routing, logging and runbook pages into generated/
	@$(BIN)/payobs generate $(ARGS)

check: $(VENV)/.dev ## drift of generated/, promtool, amtool, and the linters of the code
	@$(BIN)/payobs check $(ARGS)
	@$(MAKE) --no-print-directory lint

lint: $(VENV)/.dev ## ruff, mypy --strict, direction of imports, amlint
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/amlint check --strict --rules 'generated/prometheus/rules/*.yaml' generated/alertmanager/alertmanager.yml

test: $(VENV)/.dev ## install the real servers when missing, run every test
	@tests/servers.sh
	@$(BIN)/python -m compileall -q $(ROOMS) # hundreds of processes read it
	@$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

mutate: $(VENV)/.dev ## change every rule in small ways; its unit tests must notice
	@$(BIN)/payobs mutate $(ARGS)

backtest: $(VENV)/.dev ## judge the alerts by weeks of simulated, labelled incidents
	@$(BIN)/payobs backtest $(ARGS)

demo: $(VENV)/.dev ## run the whole house on this machine; Ctrl-C ends it
	@$(BIN)/payobs demo $(ARGS)

drill: $(VENV)/.dev ## incidents on a live house: who is told of each, and how soon
	@tests/servers.sh
	@$(BIN)/payobs drill $(ARGS)

bench: $(VENV)/.dev ## benchmarks, printed as figures and ratios
	@$(BIN)/python benchmarks/generation.py
	@$(BIN)/python benchmarks/fleet_generation.py
	@$(BIN)/python benchmarks/instrumentation.py
	@$(BIN)/python benchmarks/exporter_scrape.py
	@$(BIN)/python benchmarks/exporter_load.py
	@$(BIN)/python benchmarks/rule_evaluation.py
	@$(BIN)/python benchmarks/fleet_rules.py
	@$(BIN)/python benchmarks/dashboard_queries.py
	@$(BIN)/python benchmarks/log_redaction.py
	@$(BIN)/python benchmarks/backtest.py
	@$(BIN)/python benchmarks/capacity.py

pictures: $(VENV)/.dev ## take the pictures of the dashboards in docs/ anew
	@$(BIN)/python docs/take_pictures.py

docs: $(VENV)/.dev ## build the site of docs/ into site/; a link that leads nowhere is an error
	@$(BIN)/sphinx-build --fail-on-warning --keep-going --fresh-env --quiet -d .build/doctrees docs site
	@echo "site/index.html"

lock: ## resolve the pinned dependencies anew
	@$(PYTHON) -m venv .build/lock && .build/lock/bin/pip install --quiet uv
	@.build/lock/bin/uv pip compile pyproject.toml --extra build --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade -o requirements/generate.txt
	@.build/lock/bin/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade -o requirements/dev.txt
	@.build/lock/bin/uv pip compile pyproject.toml --extra exporter --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade -o requirements/exporter.txt -c requirements/dev.txt
	@.build/lock/bin/uv pip compile pyproject.toml --extra service --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade -o requirements/service.txt -c requirements/dev.txt
	@.build/lock/bin/uv pip compile pyproject.toml --extra archive --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade -o requirements/archive.txt -c requirements/dev.txt

clean: ## remove the environment and caches
	@rm -rf $(VENV) .build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.generate: requirements/generate.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "payobs needs Python 3.11 or newer; set PYTHON=..." >&2; exit 2; }
	@echo "installing into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/generate.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.generate requirements/dev.txt
	@echo "installing development tools into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
