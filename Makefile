# Needs only make and Python 3.11 or newer; everything else is installed into $(VENV).
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin
PIP = $(RUN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test test-slow check generate surface bench bench-quick peers clean

demo: $(VENV)/sandbox.stamp ## Watch the whole flow on the embedded sandbox.
	@$(RUN)/python -m privy_async.sandbox.demo

test: $(VENV)/dev.stamp ## Check the code and run every test.
	@$(MAKE) --no-print-directory check
	@$(RUN)/python -m pytest -q -m "not slow"

test-slow: $(VENV)/dev.stamp ## Run the tests that take long: real servers, real workers, many requests.
	@$(RUN)/python -m pytest -q -m slow

check: $(VENV)/dev.stamp ## Style, types, and that the sync face is current.
	@$(RUN)/ruff check --quiet .
	@$(RUN)/ruff format --check --quiet .
	@$(RUN)/mypy --no-error-summary
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(RUN)/pyright
	@$(RUN)/python -m privy_sync._generate --check
	@$(RUN)/python tests/conformance/reference.py --check
	@echo "check: style, types and the sync face are in order"

generate: $(VENV)/dev.stamp ## Make the sync face anew from the async one.
	@$(RUN)/python -m privy_sync._generate
	@$(RUN)/python tests/conformance/reference.py

surface: ## Write down anew what is public, after a change that is meant.
	@$(PYTHON) tests/house/public_surface.py

bench: $(VENV)/dev.stamp peers ## Measure everything side by side, in about ten minutes; writes benchmarks/RESULTS.md.
	@$(RUN)/python -m benchmarks

bench-quick: $(VENV)/dev.stamp peers ## The same in under two minutes; prints only.
	@$(RUN)/python -m benchmarks --quick

peers: .peers/python.stamp .peers/node.stamp ## Install the official SDKs, for the tests that compare.

$(VENV)/sandbox.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@echo "installing into $(VENV) ..."
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) --editable '.[sandbox]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/sandbox.stamp
	@echo "installing the tools for tests and checks ..."
	@$(PIP) --group dev
	@touch $@

# The official Python SDK pins an older cryptography, so it lives in an environment of its own.
.peers/python.stamp:
	@mkdir -p .peers
	@$(PYTHON) -m venv .peers/python
	@.peers/python/bin/python -m pip --disable-pip-version-check install --quiet 'privy-client==0.7.0' httpx_aiohttp
	@touch $@

.peers/node.stamp:
	@mkdir -p .peers/node
	@cd .peers/node && npm init --yes > /dev/null && npm install --silent --no-fund --no-audit @privy-io/node@0.35.0 viem@2.57.20 @solana/kit@5.5.1
	@touch $@

clean:
	@rm -rf $(VENV) .peers dist build
