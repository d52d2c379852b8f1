# Needs Python >= 3.11, git and make. Everything else is installed into .venv, once.
#
# The large download is PyTorch. On Linux the default package index offers it with CUDA (gigabytes);
# PIP_EXTRA_INDEX_URL set to PyTorch's CPU index gets the small one.

PYTHON ?= python3
IMPLEMENTATION ?=
PYTEST ?=
STRENGTH ?=
MNIST ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

# One thread per process: the arrays are small, and default threads make the same run 3 to 10 times slower.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help validate test coverage lint format bench posts strength clean

help: ## what there is to make
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18
	@echo
	@echo '  make validate IMPLEMENTATION=my_cnn.py      judge your implementation instead of refcnn'
	@echo '  make validate PYTEST="-k conv2d -x"         more options for pytest (also for make test)'
	@echo '  make strength STRENGTH="--only conv2d"      the mistakes of one area'
	@echo '  make posts MNIST=folder                     with what needs the files of MNIST'
	@echo '  make test PYTHON=python3.13                 another Python for .venv (make clean first)'

validate: $(INSTALLED) ## every case, for refcnn or for IMPLEMENTATION
	$(BIN)/python -m pytest cases $(if $(IMPLEMENTATION),--implementation "$(IMPLEMENTATION)") $(PYTEST)

test: $(INSTALLED) ## the project's own tests, then lint
	$(BIN)/python -m pytest tests -n auto $(PYTEST)
	@$(MAKE) --no-print-directory lint

coverage: $(INSTALLED) ## the same tests with branch coverage, which takes half as long again
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest tests -n auto $(PYTEST)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

lint: $(INSTALLED) ## ruff, mypy and the borders between packages
	PATH="$(CURDIR)/$(BIN):$$PATH" pre-commit run --all-files

format: $(INSTALLED) ## what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED) ## what judging and naming causes cost
	$(BIN)/python benchmarks/judging.py
	$(BIN)/python benchmarks/many_cases.py
	$(BIN)/python benchmarks/diagnosing.py

strength: $(INSTALLED) ## which cases notice which mistakes, and how well these are named (takes a while)
	$(BIN)/python -m oracles strength $(STRENGTH)

posts: $(INSTALLED) ## what is said to the four questions that this project began with
	$(BIN)/python -m examples.posts $(if $(MNIST),--mnist "$(MNIST)")

clean: ## remove .venv and everything the tools left
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* coverage.xml \
	    .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    found=$$($(PYTHON) --version 2>/dev/null) || found="not there"; \
	    echo "refcnn needs Python 3.11 or newer, and '$(PYTHON)' is $$found." >&2; \
	    echo "Name one that is: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@echo "installing into $(VENV); the first time takes some minutes (PyTorch is the large part)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
