"""docs/how-to/add-a-kpi-indicator.md: its lines make an indicator that works, in a copy of the program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from tests.contract.support import ROOT
from tests.support.program_copy import copied, put, run, run_tests

PAGE = (ROOT / "docs/how-to/add-a-kpi-indicator.md").read_text(encoding="utf-8")
TERMS, FIGURE, SOURCE = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TAGGED, FIGURE_LINE, SOURCE_LINE = re.findall(r'`((?:\||"outages":).*?)`', PAGE)
CLASSES = "contract/kpis/kpi.py"
FIGURES = "sla/measure.py"
SOURCES = "assess/indicators.py"
IMPORTED = "    Kpi,\n"
BELOW = "@dataclass(frozen=True, slots=True)\nclass Indicator:"
TESTS = str(ROOT / "tests/contract/kpis/test_kpi.py")

CONTRACT = """\
id: small
authority: The Authority
supplier: The Supplier
term: {start: 2026-10-01, end: 2031-09-30}
time_zone: Europe/London
currency: GBP
relief: {causes: [authority_cause]}
services:
  - {id: custody, endpoints: [{id: health, kind: tcp, host: 127.0.0.1, port: 1, every: 30s, timeout: 5s}]}
kpis:
  - id: KPI1
    title: Custody is rarely down
    indicator: outages
    clause: Schedule 2
    service: custody
    target: 1
    shortest: 5m
    rounding: {mode: none}
    bands: [{name: met, at_most: 1}, {name: severe, above: 1, points: 2}]
"""

OUTAGES = [
    {"start": "2026-10-05 14:00", "end": "2026-10-05 14:45", "reason": "timeout"},
    {"start": "2026-10-06 08:00", "end": "2026-10-06 08:02", "reason": "timeout"},
    {"start": "2026-10-07 08:00", "end": "2026-10-07 09:00", "reason": "timeout"},
    {"start": "2026-10-08 08:00", "end": "2026-10-08 09:00", "reason": "timeout"},
]
"""Of which the second is too short, and the last is claimed, and excused."""

CLAIM = {
    "kind": "claim",
    "cause": "authority_cause",
    "services": ["custody"],
    "start": "2026-10-08 08:00",
    "end": "2026-10-08 09:00",
}
MONTH = ("c.yaml", "--evidence", "e.json", "--period", "2026-10")
EVIDENCE = {
    "format": "sla-monitor-evidence",
    "version": 1,
    "contract": "small",
    "zone": "Europe/London",
    "seen": {"from": "2026-10-01", "until": "2026-11-01"},
    "observed": [{"kind": "outages", "service": "custody", "outages": OUTAGES}],
    "entries": [
        {"number": 1, "at": "2026-10-09T09:00:00Z", "actor": "their.manager", "contract": "small", "said": CLAIM},
        {
            "number": 2,
            "at": "2026-10-10T09:00:00Z",
            "actor": "our.manager",
            "contract": "small",
            "said": {"kind": "decision", "about": 1, "granted": True},
        },
    ],
}
"""October, all of which was seen."""

STATUS_PAGE = """
import sys
from pathlib import Path

from sla_monitor.assess import assess
from sla_monitor.board import Board
from sla_monitor.contract.load import load_contract
from sla_monitor.evidence import read_evidence
from sla_monitor.register.instant import parse_instant
from sla_monitor.web import Health
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.status_page import StatusPage
from tests.web.page.test_status_page import Outline

contract, now_ms = load_contract(Path("c.yaml")), parse_instant("2026-10-20T09:00:00Z")
board = Board(now_ms)
board.assessment = assess([contract], read_evidence(Path("e.json"), contract), now_ms)
(kpi,) = board.assessment.contracts[0].kpis
print(kpi.forecast.best.value, kpi.forecast.worst.value)
print(Outline(StatusPage(Layout()).render(board, Health(ready=True), now_ms)).text)
"""
"""The page in the middle of October, and what the rest of the month may bring."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the page's lines in it, and a contract and its evidence beside it."""
    folder = tmp_path_factory.mktemp("copy")
    program = copied(folder)
    put(program / CLASSES, "\n\nKpi = ", f"\n\n{TERMS}\n\nKpi = ")
    put(program / CLASSES, 'Tag("composite")],\n', f'Tag("composite")]\n    {TAGGED},\n')
    put(program / FIGURES, "\n\nINDICATORS: ", f"\n\n{FIGURE}\n\nINDICATORS: ")
    put(program / FIGURES, '    "composite": _given,\n', f'    "composite": _given,\n    {FIGURE_LINE},\n')
    put(program / FIGURES, IMPORTED, f"{IMPORTED}    OutagesKpi,\n")
    put(program / SOURCES, BELOW, f"{SOURCE}\n\n{BELOW}")
    put(program / SOURCES, '    "submitted": Indicator(),\n', f'    "submitted": Indicator(),\n    {SOURCE_LINE},\n')
    put(program / SOURCES, IMPORTED, f"{IMPORTED}    OutagesKpi,\n")
    (folder / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    (folder / "e.json").write_text(json.dumps(EVIDENCE), encoding="utf-8")
    return folder


def said(folder: Path, *words: str) -> str:
    """What a command says, which goes well."""
    found = run(folder, "-m", "sla_monitor", *words)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def assessed(folder: Path, *words: str) -> str:
    """What `sla-monitor assess` says of October."""
    return said(folder, "assess", *MONTH, *words)


def checked(folder: Path, before: str, after: str) -> str:
    """What `sla-monitor check` says of the contract after a change."""
    changed = folder / "changed.yaml"
    assert before in CONTRACT
    changed.write_text(CONTRACT.replace(before, after), encoding="utf-8")
    found = run(folder, "-m", "sla_monitor", "check", str(changed))
    return found.stdout + found.stderr


def test_the_indicator_of_the_page_is_assessed_in_every_view_with_working(copy: Path) -> None:
    kpi: dict[str, Any] = json.loads(assessed(copy, "--format", "json"))["kpis"][0]
    assert (kpi["indicator"], kpi["unit"], kpi["coverage"]["exact"]) == ("outages", "count", "1")
    figures = {name: (view["value"]["exact"], view["band"]) for name, view in kpi["views"].items()}
    assert figures == {"gross": ("3", "severe"), "claimed": ("2", "severe"), "agreed": ("2", "severe")}
    text = assessed(copy, "--working")
    assert "outages that count: 4 - 1 too short = 3 [Schedule 2]" in text
    assert "outages that count: 3 - 1 too short = 2 [Schedule 2]" in text


def test_terminal_and_pack_say_how_it_counts(copy: Path) -> None:
    counted = "KPI1: outages shorter than 5m 0s are not counted."
    assert counted in assessed(copy, "--working")
    said(copy, "review", *MONTH, "--output", "packs", "--format", "html")
    pack = (copy / "packs/small-2026-10/small-2026-10.html").read_text(encoding="utf-8")
    assert counted in pack
    assert "outages that count" in pack


def test_the_page_has_its_figure_and_its_best_case_while_the_month_runs(copy: Path) -> None:
    found = run(copy, "-c", STATUS_PAGE)
    assert found.returncode == 0, found.stderr
    ends, page = found.stdout.split("\n", 1)
    assert ends == "2 None"
    assert "✕ Severe Custody is rarely down: 2 target ≤ 1; 2 points" in page
    assert "KPI1: outages shorter than 5m 0s are not counted." in page


def test_the_indicator_of_the_page_is_checked_like_any_other(copy: Path) -> None:
    rare = checked(copy, "every: 30s", "every: 10m")
    assert "kpis.KPI1.shortest: is less than the interval of health (probe more often, or leave it out)" in rare
    nowhere = checked(copy, "    service: custody\n", "")
    assert "kpis.KPI1.service: is missing (write for example service: custody)" in nowhere
    assert "kpis.KPI1.indicator: " in checked(copy, "indicator: outages", "indicator: outage")
    assert '"OutagesKpi"' in said(copy, "schema", "contract")


@pytest.mark.parametrize(("file", "line"), [(FIGURES, FIGURE_LINE), (SOURCES, SOURCE_LINE)])
def test_a_table_without_the_indicator_fails_by_name(copy: Path, file: str, line: str) -> None:
    """And with it, the test of both tables passes."""
    assert run_tests(copy, "-k", "every_table", TESTS).returncode == 0
    path = copy / "sla_monitor" / file
    whole = path.read_text(encoding="utf-8")
    put(path, f"    {line},\n", "")
    try:
        found = run_tests(copy, "-k", "every_table", TESTS)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert found.returncode != 0
    assert file in found.stdout
    assert "outages" in found.stdout


def test_what_the_page_names_is_there() -> None:
    for path in set(re.findall(r"`((?:sla_monitor|tests|config|docs)/[\w./-]+)`", PAGE)):
        assert (ROOT / path).exists(), path
    rooms = "contract|register|assess|review|cli|evidence|document|queries|generate"
    for path in set(re.findall(rf"`((?:{rooms})/[\w/]+\.py)`", PAGE)):
        assert (ROOT / "sla_monitor" / path).exists(), path
    for names in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", PAGE, re.MULTILINE):
        for name in re.findall(r"\w+", names):
            assert hasattr(KpiTerms, name), name
    code = set(re.findall(r"`sla_monitor/([\w/]+\.py)`", PAGE)) - {"contract/kpis/kpi_terms.py"}
    assert code == {CLASSES, FIGURES, SOURCES}, "three code files"
