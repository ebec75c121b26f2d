# make          set up, then the whole workflow: on BIG-bench's repository, else its scores under all metrics in one file, else its
#               preferred scores, else simulated
# make test     set up, then the test suite; make test-slow the tests that take longer; make coverage what they run
# make test-kernels   the numbers that must not change, under each kernel of the linear algebra that this processor can run
# make test-oldest, make test-newest   the tests with the oldest and the newest versions that pyproject.toml allows, in an
#               environment of their own (need a package index); any test by TESTS="-m slow tests/workflow/test_package.py"
# make setup    .venv from the committed lock; nothing if it is there and current
# make setup-experiments   the extra for trained models besides: PyTorch, scikit-learn, Pillow
# make setup-slurm         Snakemake's plugin for clusters with SLURM besides
# make setup-harness       EleutherAI's lm-evaluation-harness besides, whose files a test reads
# make lock     the lock again from pyproject.toml (needs a package index)
# make check-lock   licences and known vulnerabilities of what is locked (needs a package index; vulnerabilities api.osv.dev)
# make package  sdist and wheel in dist/, as a release has them
PYTHON ?= python3
# What pip installs as PyTorch. On a machine without a GPU its CPU build is a tenth of the size: see pytorch.org/get-started
# for the index to give, as in make setup-experiments TORCH="torch --index-url ADDRESS".
TORCH ?= torch==2.13.0
# Of test-oldest and test-newest.
TESTS ?=
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: run test test-slow test-kernels test-oldest test-newest coverage setup setup-experiments setup-slurm setup-harness lock check-lock \
  package lint
.DEFAULT_GOAL := run

# BIG-bench's repository where its host answers within 20 seconds, else its scores under all metrics in one published file, else
# its preferred scores in another, else the simulated benchmark, loudly. Nobody who wrote this has seen the file of all metrics,
# so where that run fails the preferred scores are taken.
run: setup
	@if python -m jumpcheck.sources.reachable; then \
	  snakemake --cores $(CORES); \
	elif python -m jumpcheck.sources.reachable all_metrics && \
	  echo "BIG-bench's repository cannot be reached: its scores under all metrics, in one published file." && \
	  { snakemake --cores $(CORES) --config dataset=bigbench_all_metrics source=all_metrics || \
	  { echo "!! The file of all metrics could not be used; the lines above say why. !!"; false; }; }; then :; \
	elif python -m jumpcheck.sources.reachable preferred; then \
	  echo "BIG-bench's repository cannot be reached: its preferred scores, in one published file."; \
	  snakemake --cores $(CORES) --config dataset=bigbench_preferred source=preferred; \
	else \
	  echo; echo "!! BIG-bench cannot be reached: what follows is SIMULATED. No model was run, no result is real. !!"; echo; \
	  snakemake --cores $(CORES) --config dataset=simulated source=simulated && \
	  echo "!! All of this was simulated. For real data give source=FOLDER or a machine with a network: README.md. !!"; \
	fi

test: setup
	python -m pytest

test-slow: setup
	python -m pytest -m slow

# NumPy calls OpenBLAS, which chooses its code to fit the processor. OPENBLAS_CORETYPE chooses the code for another
# processor by its name. The code for SkylakeX needs AVX-512.
test-kernels: setup
	for kernel in Haswell Nehalem $$(grep -qs avx512dq /proc/cpuinfo && echo SkylakeX); do \
	  echo "OPENBLAS_CORETYPE=$$kernel"; \
	  OPENBLAS_CORETYPE=$$kernel python -m pytest -q -n 0 tests/breaks/test_numbers_stay.py -k "pools or measured or breaks or kinds or kernel" || exit 1; \
	done

test-oldest: RESOLUTION = lowest-direct
test-newest: RESOLUTION = highest

# Both environments lie inside .venv, so that every tool that skips .venv skips them too.
test-oldest test-newest: test-%: setup
	$(PYTHON) -m venv --clear .venv/$*
	VIRTUAL_ENV=$(CURDIR)/.venv/$* uv pip install --quiet --compile-bytecode --resolution $(RESOLUTION) -e '.[dev,workflow]'
	PATH=$(CURDIR)/.venv/$*/bin:$$PATH python -m pytest $(TESTS)

coverage: setup
	coverage run -m pytest
	coverage combine --quiet
	coverage report

lint: setup
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	python tests/helpers/lint_workflow.py

setup: .venv/installed

.venv/installed: requirements.lock uv.req pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r uv.req
	VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock uv.req
	VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip install --quiet --no-deps --no-build-isolation --no-index -e .
	touch $@

setup-experiments: .venv/experiments

.venv/experiments: .venv/installed experiments.lock
	VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip install --quiet --compile-bytecode --require-hashes -r experiments.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	touch $@

setup-slurm: .venv/slurm

.venv/slurm: .venv/installed slurm.lock
	VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip install --quiet --compile-bytecode --no-deps --require-hashes -r slurm.lock
	touch $@

setup-harness: .venv/harness

# lm-eval asks for many packages that its library does not need: those that it does are named in `lock`.
.venv/harness: .venv/installed harness.lock
	VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip install --quiet --no-deps --require-hashes -r harness.lock
	touch $@

# Setuptools of .venv, so that a build needs no network; the wheel is built from the sdist.
package: setup
	uv build --quiet --clear --no-build-isolation --offline

# A licence of the GNU family, or none named, fails, but for packages that were looked at. Docutils names the GPL for an Emacs mode that its
# wheel does not hold. The metadata of the others name none: their licence files are MIT's, mlcroissant is Apache-2.0 where it is developed.
LICENCE_LOOKED_AT = docutils conda-inject mlcroissant snakemake-interface-common snakemake-interface-logger-plugins \
  snakemake-interface-report-plugins snakemake-interface-scheduler-plugins snakemake-interface-storage-plugins

check-lock: setup
	uv tool run pip-licenses --with-system --python .venv/bin/python --summary --order count
	uv tool run pip-licenses --with-system --python .venv/bin/python --partial-match --fail-on 'GPL;GNU;UNKNOWN' \
	  --ignore-packages $(LICENCE_LOOKED_AT) > /dev/null
	@uv tool run pip-audit --strict --vulnerability-service osv --disable-pip --requirement requirements.lock \
	  --progress-spinner off 2> .venv/audit || { \
	  grep -qE 'ConnectionError|Could not connect' .venv/audit && \
	  echo "Known vulnerabilities: not looked up, their database (api.osv.dev) cannot be reached."; } || { \
	  cat .venv/audit >&2; exit 1; }

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra dev --extra workflow pyproject.toml -o requirements.lock
	printf '%s\n' snakemake-executor-plugin-slurm snakemake-executor-plugin-slurm-jobstep | \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-deps - -o slurm.lock
	printf '%s\n' scikit-learn pillow filelock fsspec jinja2 networkx sympy typing-extensions | \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  -c requirements.lock - -o experiments.lock
	printf '%s\n' datasets filelock jinja2 pyyaml requests sacrebleu tqdm | \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  -c requirements.lock -c experiments.lock - -o harness.lock
	echo 'lm-eval>=0.4.13' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-deps - >> harness.lock
	echo uv | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o uv.req
