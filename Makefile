# `make demo` and `make test` each do all set-up: they need Python 3.10 to 3.12 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
SETUP := $(VENV)/.complete

.PHONY: demo test lint clean

$(SETUP): pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))" || \
	  { echo "Python 3.10 to 3.12 is needed; name one with: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[dev]" --constraint constraints.txt
	touch $@

demo: $(SETUP)
	$(BIN)/ns-pad-demo --output-dir $(DEMO)
	$(BIN)/ns-train pad-nerf --data $(DEMO)/brick_demo --output-dir $(DEMO)/outputs --experiment-name demo --timestamp run
	$(BIN)/ns-pad-localize --load-config $(DEMO)/outputs/demo/pad-nerf/run/config.yml --output-dir $(DEMO)/results
	$(BIN)/ns-pad-score --load-config $(DEMO)/outputs/demo/pad-nerf/run/config.yml --poses $(DEMO)/results/poses.json --output-dir $(DEMO)/results

test: $(SETUP)
	$(BIN)/python -m pytest

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

clean:
	rm -rf $(VENV) $(DEMO)
