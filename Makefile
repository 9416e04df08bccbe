# make run    试用：装好所需的一切，载入示例市，打开 http://127.0.0.1:8000   (set up, load the sample city, serve)
#             ADDRESS=0.0.0.0:8080 换地址和端口；WHEELHOUSE=文件夹 不联网安装   (another address; install from a folder of wheels)
# make test   检查与全部测试，SQLite 和 PostgreSQL                            (lint and tests on both databases)
# make reset  清除试用的数据库和上传文件，下次 make run 重新载入              (throw the trial data away)
# Others: lint, house (figures of the code against their limits), format, test-deep (long tests, everything on PostgreSQL), coverage,
# lock (renew requirements*.txt), freeze (a release for the upgrade tests), wheelhouse and wheelhouse-dev (wheels for a machine without
# network), clean (keeps var/)

VENV    := .venv
PYTHON  := $(VENV)/bin/python
DJANGO  := DEBUG=1 $(PYTHON) manage.py
ADDRESS ?= 127.0.0.1:8000
WHEELHOUSE ?=
PIP     := PIP_DISABLE_PIP_VERSION_CHECK=1 $(PYTHON) -m pip
COMPILE := $(PYTHON) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras -q pyproject.toml

# WeasyPrint loads the libraries at run time; without libharfbuzz-subset0 each PDF takes twenty times as long.
RUN_PACKAGES  := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
# The browser without its windows takes two thirds of the time. libatomic1 is for the driver of the browser, which brings its own node.
TEST_PACKAGES := chromium-headless-shell libatomic1 poppler-utils fonts-noto-cjk
# One worker more than processors, as some of them wait for the browser or the database server; two tests at a time are handed out,
# so that no worker is left with the last long ones alone.
PARALLEL      := --numprocesses $(shell expr $$(nproc) + 1) --dist load --maxschedchunk 2
TEMPLATES      = $$(find templates schools ratings tests -name '*.html')

# Where it is set, every process would read and rewrite every module of the tests anew: a minute of both processors.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run reset test test-deep coverage lint house format lock freeze wheelhouse wheelhouse-dev clean FORCE
.PHONY: .make/trial .make/address .make/test-packages .make/fonts
.DELETE_ON_ERROR:
.NOTPARALLEL:

run: .make/trial .make/address .make/requirements
	@WITHOUT="装好以前网站照常使用，只是不能生成 PDF" .ci/packages $(RUN_PACKAGES) || true
	@$(DJANGO) trial check
	@$(DJANGO) fetch_fonts -v0 || true
	@$(DJANGO) migrate -v0
	@$(DJANGO) load_demo
	@$(PYTHON) .ci/address.py "$(ADDRESS)" --open
	@$(DJANGO) runserver "$(ADDRESS)"

reset: .make/trial .make/requirements
	@$(DJANGO) trial reset

test: lint .make/test-packages .make/fonts
	$(PYTHON) -m pytest $(PARALLEL) -m "not deep"
	$(PYTHON) .ci/with_postgresql.py $(PYTHON) -m pytest $(PARALLEL) -m "engine and not browser and not deep"

test-deep: .make/requirements-dev .make/test-packages .make/fonts
	HYPOTHESIS_PROFILE=deep $(PYTHON) -m pytest $(PARALLEL) -m deep
	HYPOTHESIS_PROFILE=deep $(PYTHON) .ci/with_postgresql.py $(PYTHON) -m pytest $(PARALLEL) -m "engine and not browser"
	$(PYTHON) .ci/with_postgresql.py $(PYTHON) -m pytest $(PARALLEL) -m "not engine and not browser and not deep"

coverage: .make/requirements-dev .make/test-packages .make/fonts
	$(PYTHON) -m pytest $(PARALLEL) -m "not browser and not deep" --cov --cov-report=term

lint: .make/requirements-dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(VENV)/bin/djade --target-version 5.2 --check $(TEMPLATES)
	$(PYTHON) $(VENV)/bin/lint-imports
	@PYTHONPATH=. $(PYTHON) .ci/house.py

house: .make/requirements-dev
	@PYTHONPATH=. $(PYTHON) .ci/house.py $(if $(DIAGRAM),--diagram,-v)

format: .make/requirements-dev
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	-$(VENV)/bin/djade --target-version 5.2 $(TEMPLATES)

lock: .make/requirements-dev
	$(PIP) install -q uv
	$(COMPILE) -o requirements.txt
	$(COMPILE) --group dev -c requirements.txt -o requirements-dev.txt

# Once for each release, when everything is in: digests of its migrations and a backup of each engine, for the upgrade tests.
# AGAIN=1 for a version that was frozen and is not yet released.
freeze: .make/requirements-dev .make/test-packages .make/fonts
	$(PYTHON) -m tests.upgrades.freeze $(if $(AGAIN),--again)
	$(PYTHON) .ci/with_postgresql.py $(PYTHON) -m tests.upgrades.freeze $(if $(AGAIN),--again)

clean:
	rm -rf $(VENV) .make .pytest_cache .ruff_cache .hypothesis .coverage .import_linter_cache

# Wheels for a machine without network that has the same release of Python and the same kind of processor.
wheelhouse: $(VENV)/pyvenv.cfg
	@echo "正在下载 Python 软件包……"
	@$(PIP) download -q --require-hashes -r requirements.txt -d wheelhouse
	@echo "已放在 wheelhouse 文件夹：拷到不能上网的电脑上，执行 make run WHEELHOUSE=wheelhouse"

wheelhouse-dev: $(VENV)/pyvenv.cfg
	@echo "正在下载 Python 软件包……"
	@$(PIP) download -q --require-hashes -r requirements-dev.txt -d wheelhouse
	@echo "已放在 wheelhouse 文件夹：拷到不能上网的电脑上，执行 make test WHEELHOUSE=wheelhouse"

# What the recipes below make is looked at every time; nothing in .make/ may claim what is gone.
FORCE:

# These two before anything else is said or done.
.make/trial:
	@.ci/trial

.make/address:
	@.ci/packages python3
	@python3 .ci/address.py "$(ADDRESS)"

$(VENV)/pyvenv.cfg: FORCE
	@.ci/environment $(VENV)

.make/requirements: requirements.txt $(VENV)/pyvenv.cfg
	@.ci/install $(PYTHON) requirements.txt "$(WHEELHOUSE)"
	@mkdir -p .make && touch $@

.make/requirements-dev: requirements-dev.txt $(VENV)/pyvenv.cfg
	@.ci/install $(PYTHON) requirements-dev.txt "$(WHEELHOUSE)"
	@mkdir -p .make && touch $@

# PostgreSQL of the system is better than the packaged one, but not needed.
.make/test-packages:
	@.ci/packages $(RUN_PACKAGES) $(TEST_PACKAGES)
	@WITHOUT="改用随 Python 安装的 PostgreSQL 测试" .ci/packages postgresql || true

.make/fonts: $(VENV)/pyvenv.cfg
	@$(DJANGO) fetch_fonts -v0
