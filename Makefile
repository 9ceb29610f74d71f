# Tandem: everything that a person or CI runs. `make` alone lists it.
#
# Every target does its own set-up, inside this folder. Progress goes to stderr; the last line of stdout is a JSON object
# or key=value line. A recipe exits 1 if something failed, 2 for bad input; make itself answers 2 to both.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=2 # two environments are made side by side
endif
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# What may be said on the command line, besides PYTHON=… (3.11 or newer) for the environments.
ARCH ?= arm64
PY ?= 3.13
CONFIG ?= integration.toml
PORT ?= 0
CONTAINERS ?=
ARGS ?=
SEEDS ?= $(if $(CONNECTOR),200,2000)
FIRST ?= 0
STORY ?=
STORE ?= memory
CONNECTOR ?=

# Caches stand in this folder too, so that nothing is left elsewhere and an empty home will do.
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export HYPOTHESIS_STORAGE_DIRECTORY ?= $(CURDIR)/.cache/hypothesis
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PYTHON ARCH PY CONFIG UPGRADE

python := .venv/bin/python
say = printf '▸ %s\n' "$(1)" >&2

##@ Start

.PHONY: help
help: ## this list
	@[ -t 1 ] && style=1 || style=0; awk -v style=$$style 'BEGIN { FS = ":.*## "; \
	    bold = style ? "\033[1m" : ""; blue = style ? "\033[36m" : ""; plain = style ? "\033[0m" : "" } \
	  /^##@ / { printf "\n%s%s%s\n", bold, substr($$0, 5), plain } \
	  /^[a-z-]+:.*## / { printf "  %smake %-12s%s %s\n", blue, $$1, plain, $$2 }' Makefile

.PHONY: setup
setup: .venv/.made ## .venv and in it the tandem command (PYTHON=… names the interpreter, 3.11 or newer)
	@echo "setup=ok python=$$($(python) -c 'import platform; print(platform.python_version())')"

.PHONY: demo
demo: .venv/.made .venvs/tryton/.made ## a sample CRM and a real ERP, kept in step (ARGS=--json)
	@exec $(python) -m local.demo $(ARGS)

.PHONY: demo-faults
demo-faults: .venv/.made .venvs/tryton/.made ## six faults made on purpose, each repaired by the tandem command
	@exec $(python) -m local.demo.faults

.PHONY: up
up: .venv/.made ## the whole stack on this machine, between your own systems (CONFIG=integration.toml PORT=…)
	@exec $(python) -m local.stack --config '$(CONFIG)' --port '$(PORT)' --containers '$(CONTAINERS)'

##@ Prove

.PHONY: check
check: .venv/.made ## style, types, arrows between packages, template raw and transformed
	@.ci/check

.PHONY: test
test: .venv/.made ## every test, the real ERP's too; core and flows are covered line by line
	@$(MAKE) .venvs/tryton/.made >&2 || $(call say,Tryton cannot be installed here: its tests are skipped)
	@.ci/test

.PHONY: smoke
smoke: .venv/.made .venvs/sam/.made ## every built function answers its sample events, in the emulator of the Lambda runtime
	@.ci/smoke

.PHONY: simulate
simulate: .venv/.made ## many histories in which everything goes wrong (SEEDS=2000 FIRST=0; STORY=1 tells one; STORE=dynamodb; CONNECTOR=hubspot)
	@exec $(python) -m tests.simulation --seeds '$(SEEDS)' --first '$(FIRST)' --store '$(STORE)' \
	    $(if $(CONNECTOR),--connector '$(CONNECTOR)') $(if $(STORY),--story) $(if $(TABLE),--table)

.PHONY: mutants
mutants: .venv/.made ## planted faults, each of which the simulation must catch
	@exec $(python) -m tests.simulation.mutants $(ARGS)

.PHONY: quota
quota: .venv/.made ## how much of a partner's quota workers side by side use, without one refusal
	@exec $(python) -m bench.quota

.PHONY: bench
bench: .venv/.made ## how long the matching of demand to stock takes on a year of real orders
	@exec $(python) -m bench $(ARGS)

##@ Deliver

.PHONY: build
build: .venv/.made .venvs/sam/.made ## what `sam deploy` sends (CONFIG=integration.toml ARCH=arm64|x86_64 PY=3.13)
	@.ci/build '$(ARCH)' '$(PY)' .aws-sam/build
	@$(call say,.venvs/sam/bin/sam deploy --config-env dev)

# `sam build` comes back here, once for the layer and once for each function (Metadata in template.yaml).
# ARTIFACTS_DIR is its word for where the result goes.
.PHONY: build-DependenciesLayer
build-DependenciesLayer:
	@.ci/pack layer '$(ARTIFACTS_DIR)'

build-%:
	@.ci/pack function '$(ARTIFACTS_DIR)'

##@ Keep

.PHONY: lock
lock: .venvs/lock/.made ## the requirements files anew, with hashes (UPGRADE=1: the newest that fit together)
	@.ci/lock

.PHONY: clean
clean: ## remove what was made, but the environments and the ERP's database (ALL=1: those too)
	@rm -rf .aws-sam build $(if $(ALL),.cache .tandem .venv .venvs,.cache/mypy .cache/pytest .cache/ruff .cache/imports .cache/tests)
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
	@echo clean=ok

# Environments: each is made again when its lock changes.

.venv/.made: requirements/dev.txt .ci/environment .ci/tandem
	@$(call say,.venv: the command and what tests and checks need)
	@.ci/environment .venv $<
	@echo '$(CURDIR)' > "$$($(python) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tandem.pth"
	@install -m 755 .ci/tandem .venv/bin/tandem
	@touch $@

.venvs/%/.made: requirements/%.txt .ci/environment
	@$(call say,.venvs/$*)
	@.ci/environment .venvs/$* $<
	@touch $@
