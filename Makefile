# Every target sets up what it needs by itself: Python 3.11 or newer and make are enough.
# The environment is .venv, made anew from requirements/dev.txt whenever that has changed.

BIN = .venv/bin
PYTEST = $(BIN)/python -m pytest -p no:cacheprovider
# The two that it leaves out have targets of their own.
SUITE = tests --ignore=tests/faults --ignore=tests/packaging
# Side by side; tests of one file stay together, because they may share a server or a site.
PARALLEL = -n auto --maxprocesses 4 --dist loadfile

.PHONY: help setup check test faults slice bench grouping properties demo docs locks messages screenshots clean

help:
	@echo "make demo         try it: the demo site with a real Celery worker, no server needed"
	@echo "make check        format, lint, types, import contracts, migrations, locks, packaging"
	@echo "make test         the tests, on SQLite, PostgreSQL and MariaDB"
	@echo "make faults       kill, outage and storm tests"
	@echo "make bench        benchmarks, peers side by side"
	@echo "make grouping     how well failures are grouped, beside two simple rules"
	@echo "make properties   the property tests, with many more examples"
	@echo "make docs         the manual, into var/docs"
	@echo "make screenshots  the pictures of README and manual"
	@echo "make messages     bring the translations up to date with the code, and compile them"
	@echo "make locks        compile requirements/*.txt anew"
	@echo "make clean        remove what all this has made"

setup:
	@.ci/venv .venv requirements/dev.txt

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy errorkit project tests
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python requirements/compile.py --check
	$(PYTEST) tests/packaging

test: setup
	$(PYTEST) $(PARALLEL) $(SUITE)
	ERRORKIT_TEST_DATABASE=postgresql $(PYTEST) $(PARALLEL) $(SUITE) -m "django_db and not long"
	ERRORKIT_TEST_DATABASE=mariadb $(PYTEST) $(PARALLEL) $(SUITE) -m "django_db and not long"

faults: setup
	$(PYTEST) tests/faults

# The suite on another Python and another lock: make slice PYTHON=3.11 LOCK=lowest
# Of what starts whole sites, only the two that show all of it; nothing long, as on the other databases.
SLICE = .cache/venv-$(PYTHON)-$(LOCK)
slice:
	@.ci/venv $(SLICE) requirements/$(LOCK).txt $(PYTHON)
	$(SLICE)/bin/python -m pytest -p no:cacheprovider $(PARALLEL) $(SUITE) --ignore=tests/browser -m "not starts_sites and not long"
	$(SLICE)/bin/python -m pytest -p no:cacheprovider $(PARALLEL) tests/flows/test_new_user.py tests/flows/test_end_to_end.py

# The last table needs PostgreSQL, 12 GB and ten minutes; with SCALE=10 a tenth of that.
SCALE = 1
bench:
	@.ci/venv .cache/venv-bench requirements/bench.txt
	.cache/venv-bench/bin/python -m benchmarks
	.cache/venv-bench/bin/python -m benchmarks --delivery
	.cache/venv-bench/bin/python -m benchmarks --size --scale $(SCALE)

grouping: setup
	$(BIN)/python -m benchmarks.grouping

properties: setup
	$(PYTEST) tests/reports tests/responses tests/oncall --hypothesis-profile=long

demo: setup
	@$(BIN)/python -m project.demo

docs:
	@.ci/venv .cache/venv-docs requirements/docs.txt
	.cache/venv-docs/bin/python -m sphinx -W --keep-going -q -b html docs var/docs

locks: setup
	$(BIN)/python requirements/compile.py

messages: setup
	$(BIN)/python -m project.catalogues

screenshots: setup
	$(BIN)/python -m project.screenshots

clean:
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist var
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
