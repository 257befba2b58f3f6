# Needs only make and Python 3.11 or newer; everything else is installed into $(VENV).
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin
PIP = $(RUN)/python -m pip --disable-pip-version-check install --quiet
INSTALL = $(RUN)/python .ci/install.py $(RUN)/python

LOWEST = $(VENV)/lowest
BESIDE = $(VENV)/beside
CORE = $(addprefix tests/,signing user_keys sending bulk client encodings verification wallet_import)

# Tests at once: one more than most machines of CI have cores, since some tests wait.
WORKERS = 3

ANVIL = 1.7.1
CHAINS = $(addprefix tests/,sandbox/blockchains sandbox/tools sandbox/store sandbox/wallets sandbox/webhooks integrations/accounts)

CORE_NEEDS = PyJWT aiohttp anyio attrs cryptography

SEED ?=
CALLS ?= 10000
SECONDS ?= 60
MUTANTS ?= 100
KEEP ?=
YES ?=

.DEFAULT_GOAL := help
.PHONY: help demo contract test test-slow test-anvil test-simulation simulate fuzz mutate check generate surface docs bench bench-quick peers neighbours anvil lowest beside dist lock audit clean

help: ## Show what can be made.
	@echo "make TARGET, where TARGET is one of these; all but help and clean install what they need into $(VENV):"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/sandbox.stamp ## Watch the whole flow on the embedded sandbox; KEEP=1 leaves it and its page open.
	@$(RUN)/python -m privy_async.sandbox.demo $(if $(KEEP),--keep)

test: $(VENV)/dev.stamp ## Check the code and run every test.
	@$(MAKE) --no-print-directory check
	@$(RUN)/python -m pytest -q -m "not slow" -n $(WORKERS) --dist worksteal

test-slow: $(VENV)/dev.stamp ## Run the tests that take long: real servers, real workers, many requests.
	@$(RUN)/python -m pytest -q -m slow -n $(WORKERS) --dist loadfile

test-anvil: $(VENV)/dev.stamp anvil ## Run the tests of the sandbox's chains on anvil, which is py-evm's turn otherwise.
	@PATH="$(CURDIR)/.anvil/bin:$$PATH" $(RUN)/python -m pytest -q -m "not slow" -n $(WORKERS) $(CHAINS)
	@PATH="$(CURDIR)/.anvil/bin:$$PATH" $(RUN)/python -m pytest -q -m slow -n $(WORKERS) $(addprefix tests/sandbox/,tools/test_snapshots.py store/test_state_file_killed.py)

test-simulation: $(VENV)/dev.stamp ## Ten thousand calls on a fresh seed, and each planted bug is found; a part of test-slow.
	@$(RUN)/python -m pytest -q -m slow tests/simulation -n $(WORKERS)

simulate: $(VENV)/dev.stamp ## Calls in a simulated network: SEED=monday CALLS=200000. See tests/simulation/README.md.
	@PYTHONPATH=tests $(RUN)/python -m simulation --seed "$(SEED)" --calls $(CALLS)

contract: $(VENV)/dev.stamp ## Check what is taken for true of Privy: against the sandbox, or Privy's own API. See tests/contract/README.md.
	@PYTHONPATH=tests:tests/helpers:tests/helpers/sandbox:tests/helpers/servers $(RUN)/python -m contract $(if $(YES),--yes)

fuzz: $(VENV)/dev.stamp ## Feed parsers of foreign bytes: SECONDS=60 TARGETS=webhooks. See tests/fuzz/README.md.
	@PYTHONPATH=tests $(RUN)/python -m fuzz --seconds $(SECONDS) $(TARGETS)

mutate: $(VENV)/dev.stamp ## Would tests notice small changes? MUTANTS=300 SEED=monday. See tests/mutation/README.md.
	@PYTHONPATH=tests:tests/helpers nice -n 10 $(RUN)/python -m mutation --mutants $(MUTANTS) --seed "$(SEED)"

check: $(VENV)/dev.stamp ## Style, types, and that the sync face is current.
	@$(RUN)/ruff check --quiet .
	@$(RUN)/ruff format --check --quiet .
	@$(RUN)/mypy --no-error-summary & mypy=$$!; \
		PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(RUN)/pyright && wait $$mypy
	@$(RUN)/python -m privy_sync._generate --check
	@$(RUN)/python tests/conformance/reference.py --check
	@echo "check: style, types and the sync face are in order"

generate: $(VENV)/dev.stamp ## Make the sync face anew from the async one.
	@$(RUN)/python -m privy_sync._generate
	@$(RUN)/python tests/conformance/reference.py

surface: ## Write down anew what is public, after a change that is meant.
	@$(PYTHON) tests/house/public_surface.py

docs: $(VENV)/dev.stamp ## Build the reference of all public names into docs/, to open docs/index.html in a browser.
	@$(RUN)/python .ci/docs.py docs

bench: $(VENV)/dev.stamp peers ## Measure everything side by side, in about ten minutes; writes benchmarks/RESULTS.md.
	@$(RUN)/python -m benchmarks

bench-quick: $(VENV)/dev.stamp peers ## The same in under two minutes; prints only.
	@$(RUN)/python -m benchmarks --quick

lowest: $(LOWEST)/installed.stamp ## Run the core's tests with the oldest libraries that pyproject.toml allows.
	@$(LOWEST)/bin/python -m pytest -q -m "not slow and not peer" -p no:cacheprovider -n $(WORKERS) $(CORE) \
		--deselect tests/client/test_errors.py::test_no_error_stands_elsewhere

beside: $(BESIDE)/installed.stamp ## Run some of them beside the official SDK; both sign in one process.
	@$(BESIDE)/bin/python -m pytest -q -m "not slow" -p no:cacheprovider tests/peers/test_beside.py tests/signing tests/user_keys

dist: $(VENV)/dev.stamp ## Build the last commit into dist/: wheel, source, bill of materials, checksums.
	@$(RUN)/python .ci/dist.py

lock: $(VENV)/dev.stamp ## Pin the newest tools and libraries for development and CI.
	@$(RUN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev --all-extras pyproject.toml --output-file .ci/dev.lock

audit: $(VENV)/dev.stamp ## Look for known vulnerabilities in what is pinned; needs their database online.
	@$(RUN)/pip-audit --disable-pip --require-hashes --strict --requirement .ci/dev.lock

peers: .peers/python.stamp .peers/node.stamp ## Install the official SDKs, for the tests that compare.

neighbours: .neighbours/x402.stamp .neighbours/hyperliquid.stamp ## Install libraries that take a wallet, for the tests that run in their environments.

anvil: .anvil/$(ANVIL).stamp ## Install anvil, for the tests of the sandbox's chains on it.

$(VENV)/sandbox.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@echo "installing the sandbox into $(VENV): about 50 packages, a minute or two the first time ..."
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(INSTALL) --editable '.[sandbox]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/sandbox.stamp .ci/dev.lock
	@echo "installing the tools for tests and checks: about 200 packages, a few minutes the first time ..."
	@$(INSTALL) --requirement .ci/dev.lock
	@touch $@

$(LOWEST)/installed.stamp: pyproject.toml $(VENV)/dev.stamp
	@$(RUN)/uv venv --quiet --clear --python $(RUN)/python $(LOWEST)
	@$(RUN)/uv pip compile --quiet --resolution lowest-direct --extra sandbox --extra progress --extra redis pyproject.toml --output-file $(LOWEST)/constraints.txt
	@$(RUN)/uv pip install --quiet --python $(LOWEST)/bin/python --constraint $(LOWEST)/constraints.txt --group core-tests --editable '.[sandbox,progress,redis]'
	@touch $@

$(BESIDE)/installed.stamp: pyproject.toml $(VENV)/dev.stamp
	@$(RUN)/uv venv --quiet --clear --python $(RUN)/python $(BESIDE)
	@$(RUN)/uv pip install --quiet --python $(BESIDE)/bin/python --group core-tests 'privy-client==0.7.0' --editable '.[sandbox]'
	@touch $@

# An environment of its own, with the versions that the official SDK's users have.
.peers/python.stamp:
	@mkdir -p .peers
	@$(PYTHON) -m venv .peers/python
	@.peers/python/bin/python -m pip --disable-pip-version-check install --quiet 'privy-client==0.7.0' httpx_aiohttp
	@touch $@

.peers/node.stamp:
	@mkdir -p .peers/node
	@cd .peers/node && npm init --yes > /dev/null && npm install --silent --no-fund --no-audit @privy-io/node@0.35.0 viem@2.57.20 @solana/kit@5.5.1
	@touch $@

# Each with the versions that it allows, which do not fit together nor with ours.
.neighbours/x402.stamp:
	@mkdir -p .neighbours
	@$(PYTHON) -m venv .neighbours/x402
	@.neighbours/x402/bin/python -m pip --disable-pip-version-check install --quiet 'x402[evm,httpx,requests,svm]==2.25.0' 'solana==0.39.0' 'solders==0.27.1' jsonschema $(CORE_NEEDS)
	@touch $@

.neighbours/hyperliquid.stamp:
	@mkdir -p .neighbours
	@$(PYTHON) -m venv .neighbours/hyperliquid
	@.neighbours/hyperliquid/bin/python -m pip --disable-pip-version-check install --quiet 'hyperliquid-python-sdk==0.24.0' 'eth-account==0.13.7' $(CORE_NEEDS)
	@touch $@

# The program itself, not npm's, which starts it by Node and takes longer.
.anvil/$(ANVIL).stamp:
	@mkdir -p .anvil/node .anvil/bin
	@cd .anvil/node && npm init --yes > /dev/null && npm install --silent --no-fund --no-audit --ignore-scripts @foundry-rs/anvil@$(ANVIL)
	@cd .anvil/bin && ln -sf ../node/node_modules/@foundry-rs/anvil-*/bin/anvil anvil
	@.anvil/bin/anvil --version | grep -q $(ANVIL)
	@touch $@

clean: ## Remove what was installed and built.
	@rm -rf $(VENV) .peers .neighbours .anvil dist docs build
