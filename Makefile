# Everything runs in .venv, which the first target makes. Needs Python 3.11 or newer, git and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.dev
COVERAGE := --cov=unleak.core --cov=unleak.scan --cov=unleak.rotate --cov-fail-under=90 --cov-report=term:skip-covered

.PHONY: dev lint test docs demo bench contracts wheel lambda clean

dev: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("unleak needs Python 3.11 or newer; say make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group dev
	touch $(STAMP)

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy scanner/unleak rotation/unleak
	$(BIN)/unleak rules check

test: dev
	$(BIN)/python -m pytest -n 2 --dist worksteal $(COVERAGE) $(PYTEST)

# What docs/rules.md and docs/services.md say of the rules; a test holds them against the rules.
docs: dev
	$(BIN)/python docs/generate.py

demo: dev
	$(BIN)/unleak demo

bench: dev
	$(BIN)/python -m bench history
	$(BIN)/python -m bench code

# Holds what is sent to providers against their own descriptions of their APIs, in ../shared/contracts. Needs npm.
contracts: dev
	npm install --silent --no-audit --no-fund --prefix .venv/node @stoplight/prism-cli@5
	$(BIN)/python -m pytest $(PYTEST) tests/rotate/providers/test_contracts.py tests/rotate/stores/test_contracts.py

wheel: dev
	$(BIN)/python -m build --outdir dist

# What deploy/rotation-lambda.yaml uploads: unleak as a rotation function for AWS Secrets Manager.
lambda: dev
	rm -rf dist/lambda
	$(BIN)/python -m pip install --quiet --target dist/lambda --python-version 3.12 --implementation cp --only-binary=:all: \
		--platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 --no-compile "unleak[lambda] @ file://$(CURDIR)"

clean:
	rm -rf .venv dist build
