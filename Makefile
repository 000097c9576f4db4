# Each target does its own set-up. PYTHON=python3.12 make demo uses another interpreter (3.10 or newer).
PYTHON ?= python3
BIN := .venv/bin
# Ray's token file would go to your home directory; these runs talk to a Ray of their own on this machine only
export RAY_AUTH_MODE ?= disabled
export RAY_USAGE_STATS_ENABLED ?= 0
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# without bytecode each process of the tests compiles the package again: a second of CPU time
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo demo-grid test unit long ray chaos chaos-again cluster simulate mutants states lint types docs check bench bench-startup bench-packing bench-layers bench-cluster bench-restart bench-scale bench-ask bench-quality bench-curves bench-training clean

help:            ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or newer is needed; found $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/demo: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt 'torch==2.13.0'
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[examples]'
	@touch $@

.venv/test: .venv/demo
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test]'
	@touch $@

.venv/bench: .venv/test
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test,bench]'
	@touch $@

.venv/lint: .venv/test
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test,lint]'
	@touch $@

.venv/docs: .venv/demo
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	@touch $@

demo: .venv/demo ## tune a CNN on handwritten digits with promotion ASHA; again: continue the study
	$(BIN)/python examples/digits.py --storage sqlite:///digits.db

demo-grid: .venv/demo ## a 10 x 10 grid whose objective fails at random: every cell ends with one result
	$(BIN)/python examples/grid.py --storage sqlite:///grid.db

test: unit ray ## all tests but chaos and cluster

unit: .venv/test ## those without a Ray of their own
	$(BIN)/python -m pytest tests --ignore=tests/on_ray -n 2 --dist worksteal

long: .venv/test ## those of unit and what is too long for each change, with ten times as many random studies: an hour
	RTL_TESTS=long $(BIN)/python -m pytest tests --ignore=tests/on_ray -m 'not chaos and not cluster' -n 2 --dist worksteal

ray: .venv/test ## those with one
	$(BIN)/python -m pytest tests/on_ray -n 2 --dist loadfile

chaos: .venv/test ## kill -9 of everything, real databases, full disks, partitions: minutes; RTL_CHAOS=long for a night
	$(BIN)/python -m pytest -m chaos -o cache_dir=.pytest_cache/chaos tests/chaos -n 3 --dist loadfile

chaos-again: .venv/test ## those that failed, one after another
	$(BIN)/python -m pytest -m chaos -o cache_dir=.pytest_cache/chaos tests/chaos --last-failed --last-failed-no-failures none

cluster: .venv/test ## clusters of several nodes on this machine: groups, nodes that leave, detached runs: minutes
	$(BIN)/python -m pytest -m cluster tests/cluster

simulate: .venv/test ## SEEDS=10000 histories of a cluster where everything fails, on all cores; replay: see its output
	$(BIN)/python -m raytune_lite.runtime.simulator --seeds $(or $(SEEDS),1000) $(if $(FIRST),--first $(FIRST))

mutants: .venv/test ## some twenty broken variants of the code, and whether the tests find each; ONLY=text chooses
	$(BIN)/python -m tests.mutants $(if $(ONLY),--only "$(ONLY)")

states: .venv/test ## count how often simulated trials take each row of the table of states; writes docs/states.md
	$(BIN)/python -m raytune_lite.runtime.simulator --seeds $(or $(SEEDS),1000) --transitions docs/transitions.json
	$(BIN)/python docs/make_states.py

lint: .venv/lint ## ruff
	$(BIN)/ruff check .

types: .venv/lint ## mypy --strict
	$(BIN)/mypy

docs: .venv/docs ## the documentation as a site, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

check:           ## what CI runs: lint, types, tests
	bash .ci/run

bench: .venv/test ## speed against raw Ray, as ratios from one run
	$(BIN)/python benchmarks/throughput.py

bench-startup: .venv/test ## what a run costs before its first trial and after its last, beside bare Ray
	$(BIN)/python benchmarks/startup.py

bench-packing: .venv/test ## small trials that share a GPU against one at a time, and one that takes too much; needs a GPU
	$(BIN)/python benchmarks/packing.py

bench-cluster: .venv/test ## a study on three raylets: against raw Ray, a killed raylet, the driver at 10,000 trials, 1,000 slots
	for part in throughput first submit killed driver slots; do $(BIN)/python benchmarks/cluster.py $$part; done

bench-layers: .venv/test ## where the time of one trial and of one report goes, by layer
	$(BIN)/python benchmarks/layers.py

bench-restart: .venv/test ## how long a study of 10,000 trials and 100,000 reports takes to open, and its memory
	$(BIN)/python benchmarks/restart.py

bench-scale: .venv/test ## how time, memory and file grow with 10^3 to 10^5 trials and 5 to 5,000 paused ones: minutes
	$(BIN)/python benchmarks/scale.py

bench-ask: .venv/bench ## how long a suggestion takes, beside Optuna's and Rustuna's
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/ask_latency.py --loops

bench-quality: .venv/bench ## how well samplers search: MINUTES=60 DATA=folder with hpolib_*.npz
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/search_quality.py --out quality.jsonl --jobs 2 \
		--budget-minutes $(or $(MINUTES),60) $(if $(DATA),--data $(DATA))

bench-curves: .venv/test ## pruners and samplers on learning curves, in virtual time: MINUTES=60 DATA=folder with *.npz
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/multifidelity.py --out curves.jsonl --jobs 2 --data $(DATA) \
		--workers 1,8,64 --budget-minutes $(or $(MINUTES),60)

bench-training: .venv/test ## what gradient transforms and MultiSteps cost
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/training.py

clean:           ## remove what the targets made
	rm -rf .venv build *.egg-info digits.db* grid.db* .pytest_cache .mypy_cache .ruff_cache .hypothesis
