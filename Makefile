# `make run` and `make test` are the two commands; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := prometheus prometheus-alertmanager chromium debootstrap systemd systemd-container poppler-utils \
	libreoffice-calc-nogui curl openssl iproute2 e2fsprogs dpkg-dev debhelper dh-virtualenv man-db nats-server

ROOM ?= probe
COUNT ?= 100
SEED ?= 1

# The tests start this program hundreds of times, each time from what was compiled the first time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run desk stack test test-debian13 grafana check lint types imports format docs lock generated pictures deb bench bench-scale fuzz oracle kill-loop desk-loop site-loop standby-records-loop standby-loop mutate damage clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || tools/debian-packages python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run.stamp $(VENV)/sites.stamp

$(VENV)/sites.stamp: requirements-all.lock $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-all.lock
	@touch $@

run: $(VENV)/run.stamp ## Start the demo estate and the daemon; Ctrl-C stops both
	@exec $(BIN)/sla-monitor demo --with-monitor --config config/sla-monitor.yaml

desk: $(VENV)/run.stamp ## The same with people who sign in and a month to settle; prints their password
	@exec $(BIN)/sla-monitor demo --with-desk

stack: $(VENV)/sites.stamp ## The same with Prometheus, Alertmanager, two sites and somebody who is called
	@tools/debian-packages prometheus prometheus-alertmanager nats-server
	@exec $(BIN)/sla-monitor stack

# Tests wait for programs, probes and deadlines: three at once keep two processors busy.
test: $(VENV)/dev.stamp packages grafana lint types imports ## Run every check and every test
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-debian13: $(VENV)/dev.stamp packages ## Boot Debian 13 with our package, and run the test-suite there
	SLA_MONITOR_TEST_DEBIAN=trixie $(BIN)/python -m pytest -n 0 tests/systemd
	tools/test-in-debian trixie

packages: ## Install what the tests need from Debian, or say what is missing
	@tools/debian-packages $(PACKAGES)

grafana: $(VENV)/bin/pip
	@command -v npm >/dev/null || tools/debian-packages npm
	@tools/grafana-library $(VENV)/grafana

check: lint types imports ## Lint, types and import rules only

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

imports: $(VENV)/dev.stamp
	$(BIN)/lint-imports --no-cache

format: $(VENV)/dev.stamp ## Format the code
	$(BIN)/ruff check --fix . || true
	$(BIN)/ruff format .

lock: $(VENV)/dev.stamp ## Choose new versions of everything we depend on
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --extra archive --extra calendars --extra report --extra sites -c requirements.lock pyproject.toml -o requirements-all.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --extra build --extra archive --extra report --extra sites --extra dev -c requirements.lock -c requirements-all.lock pyproject.toml -o requirements-dev.lock

# The day whose terms the committed files are made from; the tests know it too (tests/generate/support.py).
GENERATED_ON := 2026-11-02

generated: $(VENV)/run.stamp ## Write config/prometheus, config/alertmanager and config/grafana anew
	@for each in prometheus alertmanager grafana; do \
	    $(BIN)/sla-monitor generate $$each --output config/$$each --on $(GENERATED_ON) || exit 1; \
	done

pictures: $(VENV)/dev.stamp ## Make docs/images from the demo; a new picture is a line of tools/pictures.py
	@tools/debian-packages chromium
	$(BIN)/python -m tools.pictures

deb: $(VENV)/dev.stamp ## Build the Debian package for the Debian that this is, into dist/
	@tools/debian-packages dpkg-dev debhelper dh-virtualenv
	tools/build-deb dist

bench: $(VENV)/dev.stamp ## Measure CPU, lateness, memory, bytes and scrapes against a local server, and beside a peer
	@tools/debian-packages prometheus prometheus-blackbox-exporter curl
	$(BIN)/python -m bench
	$(BIN)/python -m bench.scale
	$(BIN)/python -m bench.peers

bench-scale: $(VENV)/dev.stamp ## Measure a collector of 100,000 endpoints, seen from afar once a minute: ten minutes
	$(BIN)/python -m bench.scale --endpoints 100000 --waiting 1000000 --seconds 120

fuzz: $(VENV)/dev.stamp ## Probe 200,000 mutated answers and print what they came to
	$(BIN)/python -m tests.fuzz --count 200000

oracle: $(VENV)/dev.stamp ## Reckon COUNT random contracts a second time, from SEED on, and print where they disagree
	$(BIN)/python -m tests.oracle --count $(COUNT) --seed $(SEED)

kill-loop: $(VENV)/dev.stamp ## Kill site, daemon and both a hundred times, and commands at work; print what was lost
	$(BIN)/python -m tests.e2e.kill_loop --rounds 100 --seed $(SEED)
	$(BIN)/python -m tests.ledger.test_kill_at_work --rounds 300 --seed $(SEED)

desk-loop: $(VENV)/dev.stamp ## Kill the daemon COUNT times between a click and its answer, over all forms of the desk, those with files too
	$(BIN)/python -m tests.e2e.desk_loop --rounds $(COUNT) --seed $(SEED)

site-loop: $(VENV)/dev.stamp ## Kill a site far away and its collector a hundred times each
	SITE_KILLS=100 $(BIN)/python -m pytest -q -n 0 tests/outpost/test_handing_over.py -k killed_at_any_time

standby-loop: $(VENV)/dev.stamp ## Take the lease fifty times from the collector that speaks, and print who spoke and what was told
	$(BIN)/python -m tests.e2e.standby_loop --rounds 50 --seed $(SEED)

standby-records-loop: $(VENV)/dev.stamp ## Kill either collector of a pair a hundred times: both records have everything once
	PAIR_KILLS=100 PAIR_SEED=$(SEED) $(BIN)/python -m pytest -q -s -n 0 tests/pair/test_two_collectors.py -k killed_at_any_time

damage: $(VENV)/dev.stamp ## Check 1,000 damaged copies of a ledger: none may be silent
	$(BIN)/python -m tests.ledger.test_damaged 1000

mutate: $(VENV)/dev.stamp ## Change the code of ROOM at random and print what its tests do not notice
	$(BIN)/python tools/mutate.py --room $(ROOM) --count $(COUNT) --seed $(SEED)

clean: ## Remove what was made here; var/, the record, stays
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
