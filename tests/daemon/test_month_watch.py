"""The history of closed months: on record when they come out otherwise, with why and by whom, and never else."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla_monitor import names
from sla_monitor.assess import Cache, assess
from sla_monitor.clock import SystemClock
from sla_monitor.daemon.month_watch import MonthWatch, note_all
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import shifted
from tests.support.approvals import TermsOffice

THIS = month_at(SystemClock().now_ms(), ZoneInfo("Europe/London"))
EARLIER, LATER = shifted(THIS, -4), shifted(THIS, -3)


@dataclass
class Watched:
    """A contract with two measured months, as a daemon assesses it again and again."""

    office: TermsOffice
    watch: MonthWatch = field(init=False)
    caches: dict[str, Cache] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.watch = MonthWatch(self.office.ledger)
        for month in (EARLIER, LATER):
            self.figure(month, "85")
        self.turn()

    def figure(self, month: str, value: str) -> None:
        words = ("--kpi", "KPI2", "--month", month, "--party", "agreed", "--value", value, "--note", "why", "--yes")
        self.office.done("register", "add", "figure", "small", *words, actor="ann")

    def sign(self, month: str) -> None:
        self.office.done("register", "sign-off", "small", "--period", month, "--yes", actor="ann")

    def turn(self) -> None:
        contracts = self.office.read().contracts
        with read_only(self.office.ledger) as reader:
            found = assess(contracts, reader, SystemClock().now_ms(), caches=self.caches)
        note_all(self.watch, contracts, found.contracts, self.caches)

    def restart(self) -> None:
        self.watch, self.caches = MonthWatch(self.office.ledger), {}
        self.turn()

    def rows(self) -> list[tuple[str, bool]]:
        """Months on record, and whether each row is the first of its month."""
        with read_only(self.office.ledger) as reader:
            return [(one.month, one.because == "{}") for one in reader.month_results("small")]

    def told(self, *words: str) -> str:
        return self.office.done("recalculations", "small", *words).out

    @property
    def differing(self) -> float:
        ((_, count),) = self.watch.metrics()[names.SIGNED_DIFFER]
        assert count is not None
        return float(count)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(TermsOffice.furnished(tmp_path, "recorded"))


def test_a_month_is_on_record_when_it_is_first_told_and_whenever_it_changes(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    first = [(EARLIER, True), (LATER, True)]
    for again in (watched.turn, watched.turn, watched.restart):
        again()
        assert watched.rows() == first, "nothing is put down that did not change"
    assert watched.told() == "No closed month came out otherwise than it was first told.\n"
    watched.sign(EARLIER)
    watched.turn()
    assert watched.differing == 0
    watched.figure(EARLIER, "95")
    watched.turn()
    assert watched.rows() == [*first, (EARLIER, False)]
    assert watched.differing == 1
    (one,) = watched.office.done("recalculations", "small", "--format", "json").json["recalculations"]
    assert (one["month"], one["signed"]) == (EARLIER, True)
    before, after = one["before"], one["after"]
    assert [(side["points"]["exact"], side["deducted"]["amount"]) for side in (before, after)] == [
        ("2", "20.00"), ("0", "0.00")
    ]  # fmt: skip
    assert [(side["kpis"]["KPI2"]["value"]["exact"], side["kpis"]["KPI2"]["band"]) for side in (before, after)] == [
        ("85", "minor"), ("95", "met")
    ]  # fmt: skip
    assert one["because"]["entries"] == [{"entry": 4, "actor": "ann", "kind": "figure"}]
    told = watched.told()
    assert ", which was signed off, came out otherwise on " in told
    assert "because entry 4 (figure, by ann)" in told
    rows = [re.split("  +", line) for line in told.splitlines()]
    assert ["KPI2", "85.00 % (minor, 2 points)", "95.00 % (met, 0 points)"] in rows
    assert ["credit, GBP", "GBP 20.00", "GBP 0.00"] in rows
    assert [each.message for each in caplog.records] == [
        "a closed month was recalculated",
        "a signed month comes out otherwise",
    ]
    watched.office.done("register", "undo", "small", "4", "--why", "a mistake", "--yes", actor="ann")
    watched.turn()
    assert watched.differing == 0, "it comes out as it was signed"
    assert "because entry 5 (undo, by ann)" in watched.told("--period", EARLIER)
    assert watched.told("--period", LATER).startswith("No closed month")
    assert check(watched.office.ledger, lambda _, __: None).problems == ()


def test_figures_that_are_told_after_a_signature_over_them_are_those_that_were_signed(watched: Watched) -> None:
    """A decision of the meeting, and the sign-off some seconds later: the next assessment tells what both made."""
    watched.turn()
    watched.figure(LATER, "84")
    watched.sign(LATER)
    watched.turn()
    assert (watched.rows()[-1], watched.differing) == ((LATER, False), 0)
    (one,) = watched.office.done("recalculations", "small", "--format", "json").json["recalculations"]
    assert (one["month"], one["signed"]) == (LATER, False)
    watched.restart()
    assert watched.differing == 0
    watched.figure(LATER, "86")
    watched.turn()
    assert watched.differing == 1


def test_other_terms_are_the_reason_also_after_a_restart_in_between(watched: Watched) -> None:
    watched.office.write("contracts", credits=[{"id": "points", "method": "points", "per_point_percent": 2}])
    watched.restart()
    assert watched.rows() == [(EARLIER, True), (LATER, True), (EARLIER, False), (LATER, False)]
    assert watched.told().count("because the terms changed from ") == 2


def test_a_kpi_that_moves_without_money_makes_a_signed_month_differ_and_terms_are_a_reason(watched: Watched) -> None:
    """A sign-off names points and money alone: of the rest it is known what had been told by then."""
    watched.sign(LATER)
    watched.turn()
    watched.figure(LATER, "84")
    watched.turn()
    assert watched.differing == 1
    watched.office.write("contracts", credits=[{"id": "points", "method": "points", "per_point_percent": 2}])
    watched.turn()
    _, first, second = watched.office.done("recalculations", "small", "--format", "json").json["recalculations"]
    assert first["because"]["terms"] == second["because"]["terms"]
    assert first["because"]["words"].startswith("the terms changed from ")
    assert first["because"]["entries"] == []
