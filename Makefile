# Each target does its own set-up: a virtual environment in .venv, with the packages that are locked by their hashes.

# The first of these that runs and is recent enough (a shim may be there and not run); set PYTHON to choose another.
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3.14 python3; do \
	$$name -c '$(RECENT)' >/dev/null 2>&1 && { echo $$name; break; }; done)
VENV := .venv
BIN := $(VENV)/bin

# With RETRY=yes, as CI runs it, what fails is run once more, alone; what passes then is named and fails nothing.
PYTEST = $(if $(RETRY),$(BIN)/python .ci/run_tests.py,$(BIN)/pytest)

# The suite is started hundreds of times by its tests: without bytecode each start would compile all of it.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help daily test test-quick test-slow messages doctor sandbox pictures lint types check lock clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

daily: $(VENV)/.run ## run the daily checks on the embedded sandbox
	$(BIN)/pytest -m daily

test: test-quick test-slow ## run the suite's own tests, the quick ones first

test-quick: $(VENV)/.dev ## the tests that need no process, server or time of their own
	$(PYTEST) tests -m "not slow" -n auto --dist worksteal

# A few at a time, also where there are many processors: they start processes, and some measure time.
test-slow: $(VENV)/.dev ## the tests with real processes, servers, signals, browsers and time
	$(PYTEST) tests -m slow -n 4 --dist loadscope

messages: $(VENV)/.dev ## every message of every verdict of every item, to be read: reports/messages.md
	$(BIN)/python -m tests.messages > reports/messages.md

doctor: $(VENV)/.run ## say what is configured, reachable and permitted
	$(BIN)/python -m playbook doctor

sandbox: $(VENV)/.run ## start the embedded system to look around
	$(BIN)/python -m playbook sandbox

pictures: $(VENV)/.dev ## every kind of page as people see it, in pictures/ and for the README; needs Chromium
	$(BIN)/python -m tests.pictures

lint: $(VENV)/.dev ## style, import rules, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec loadtests/compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms \
		$(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/actionlint
	$(BIN)/zizmor --offline --quiet .github/workflows

types: $(VENV)/.dev ## static types
	$(BIN)/mypy

check: test lint types ## everything that CI asks for, without the real servers

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock"

lock: $(VENV)/.dev ## write the files of locked packages anew, after a change of those that are pinned
	$(LOCK) --output-file requirements.lock requirements.txt
	grep '^hatchling==' requirements-dev.txt | $(LOCK) --output-file .ci/build.lock -

clean: ## remove the virtual environment, caches and reports; the history of runs stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache reports/*-*/ reports/latest

$(VENV)/bin/python:
	@"$(PYTHON)" -c '$(RECENT)' 2>/dev/null || \
		{ echo "Python 3.11 or later is needed, as python3 on the path or as PYTHON=…"; exit 4; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# Also requirements.txt, whose change comes before that of the lock.
$(VENV)/.dev: requirements-dev.txt requirements.txt $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
