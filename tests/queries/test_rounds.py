"""What is asked when, and what of it stands in the register: on a real ledger, with a clock that is told the time."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess import assess
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.ledger.reading.reader import read_only
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.queries import Queries
from sla_monitor.register.entries import Entry, ReportedFigure
from sla_monitor.register.entry_parsing import body_of, entry_of
from tests.fakes.clock import FakeClock
from tests.queries.servers import Canned, success
from tests.support.terms import terms_of

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOVEMBER = at("2026-11-01")


@dataclass
class Office:
    """A contract with one KPI that is asked for, its register, and the daemon's part that asks."""

    ledger: Path
    server: Canned
    kpi: dict[str, Any] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOVEMBER + 2 * DAY_MS))

    def __post_init__(self) -> None:
        self.register = Register.open(self.ledger, self.clock)
        self.restart()

    def restart(self) -> None:
        self.queries = Queries(lambda: self.register, self.clock)

    @property
    def contract(self) -> Contract:
        source = {"prometheus": self.server.url, "value": "x[$range]"}
        kpi = {"id": "K", "target": 90, "indicator": "submitted", "source": source, **self.kpi}
        terms = terms_of({"term": {"start": "2026-10-01", "end": "2028-09-30"}, "kpis": [kpi]})
        return Contract((TermsVersion(0, terms),))

    def round(self) -> list[str]:
        """Ask what is due; the queries that came in."""
        before = len(self.server.asked)
        self.queries.round([(self.contract, self.register.entries("small"))])
        return [form["query"] for form in self.server.asked[before:]]

    def figures(self) -> list[tuple[str, Any]]:
        """Month and figure of each entry."""
        return [
            (said.month, said.value if said.total is None else (said.in_target, said.total)) for said in self.said()
        ]

    def said(self) -> list[ReportedFigure]:
        return [entry.body for entry in self.register.entries("small") if isinstance(entry.body, ReportedFigure)]

    def enter(self, kind: str, actor: str = "ann", **words: Any) -> None:
        zone = self.contract.time_zone
        self.register.add(
            [entry_of(body_of(kind, words, zone), at_ms=self.clock.now_ms(), actor=actor, contract="small", note="so")]
        )


Furnish = Callable[..., Office]


@pytest.fixture
def furnish(tmp_path: Path, server: Canned) -> Furnish:
    def furnished(**kpi: Any) -> Office:
        return Office(tmp_path / "ledger.db", server, kpi)

    return furnished


@pytest.fixture
def office(furnish: Furnish) -> Office:
    """One in which October has been asked for and answered with 90, two days after its end."""
    office = furnish()
    office.server.body = success("90")
    assert len(office.round()) == 2
    return office


def test_the_running_period_and_the_one_that_ended_are_asked_for(furnish: Furnish) -> None:
    office = furnish()
    assert sorted(office.round()) == ["x[172800s]", "x[2678399999ms]"]
    assert sorted(form["time"] for form in office.server.asked) == ["1793491199.999", "1793664000.000"]


def test_an_answer_is_the_authoritys_figure_with_the_question_as_evidence(office: Office) -> None:
    last = office.register.entries("small")[-1]
    assert isinstance(last.body, ReportedFigure)
    assert (last.actor, last.body.party, last.body.month, last.body.value) == (
        "sla-monitor", "authority", "2026-11", 90,
    )  # fmt: skip
    assert last.evidence == (f"{office.server.url} evaluated at 2026-11-03T00:00:00Z over 172800s: value: x[172800s]")
    assert last.note == "Prometheus answered: value 90."


def test_the_assessment_is_made_of_what_was_entered(office: Office) -> None:
    with read_only(office.ledger) as reader:
        (assessed,) = assess([office.contract], reader, office.clock.now_ms()).contracts
    assert assessed.kpis[0].views["agreed"].value == 90


def test_nothing_is_asked_again_before_its_time_not_even_after_a_restart(office: Office) -> None:
    office.clock.advance(DAY_MS - 60_000)
    assert office.round() == []
    office.restart()
    assert office.round() == []
    office.clock.advance(60_000)
    assert office.round() == ["x[259200s]"]


def test_an_unchanged_figure_is_not_entered_again_and_a_changed_one_is(office: Office) -> None:
    office.clock.advance(DAY_MS)
    office.server.body = success("90.0")
    assert len(office.round()) == 1
    assert office.figures() == [("2026-10", 90), ("2026-11", 90)]
    office.clock.advance(DAY_MS)
    office.server.body = success("89.5")
    office.round()
    assert office.figures()[2:] == [("2026-11", Decimal("89.5"))]


def test_the_end_of_a_period_is_asked_for_once_when_it_has_settled(office: Office) -> None:
    office.clock.advance(at("2026-12-01") + 200_000 - office.clock.now_ms())
    office.server.body = success("91")
    assert office.round() == []
    office.clock.advance(101_000)
    assert office.round() == ["x[2591999999ms]"]
    assert office.figures()[-1] == ("2026-11", 91)
    office.clock.advance(HOUR_MS)
    assert office.round() == []
    office.restart()
    assert office.round() == []


def test_the_end_is_asked_for_until_it_is_answered(office: Office) -> None:
    office.clock.advance(at("2026-12-01") + HOUR_MS - office.clock.now_ms())
    office.server.body = success("NaN")
    assert len(office.round()) == 1
    office.clock.advance(240_000)
    assert office.round() == []
    office.server.body = success("88")
    office.clock.advance(60_000)
    assert len(office.round()) == 1
    assert office.figures()[-1] == ("2026-11", 88)


def test_what_is_no_answer_enters_nothing_and_is_told_once(furnish: Furnish, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sla_monitor.queries")
    office = furnish()
    office.server.body = success("NaN")
    for _ in range(3):
        assert len(office.round()) == 2
        office.clock.advance(HOUR_MS)
    assert office.figures() == []
    office.server.body = success("1")
    office.round()
    told = [(record.levelname, record.message) for record in caplog.records if "entered" not in record.message]
    assert told == [
        *[("WARNING", "a KPI's figure stays unknown: Prometheus did not give it")] * 2,  # of October and November
        *[("INFO", "a KPI's figure can be had again")] * 2,
    ]
    warned = next(record for record in caplog.records if record.levelname == "WARNING").__dict__
    assert (warned["contract"], warned["kpi"]) == ("small", "K")
    assert "NaN is no figure" in warned["why"]


def test_what_is_never_answered_is_asked_more_and_more_seldom_up_to_its_pace(furnish: Furnish) -> None:
    office = furnish()
    office.server.body, contract = b"", office.contract
    office.round()
    minutes: list[int] = []
    for minute in range(5, 3 * 24 * 60, 5):
        office.clock.advance(300_000)
        before = len(office.server.asked)
        office.queries.round([(contract, [])])
        minutes += [minute] if len(office.server.asked) > before else []
    gaps = [later - one for one, later in pairwise([0, *minutes])]
    assert gaps == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440]


def test_questions_and_failures_are_counted_from_the_start_on(furnish: Furnish) -> None:
    office = furnish()
    office.queries.known([office.contract])
    assert (office.queries.asked(), office.queries.failed()) == ([(("small", "K"), 0)], [(("small", "K"), 0)])
    office.server.body = b"[]"
    office.round()
    assert (office.queries.asked(), office.queries.failed()) == ([(("small", "K"), 2)], [(("small", "K"), 2)])


RATIO = {"indicator": "ratio_in_target"}


@pytest.mark.parametrize(
    ("good", "total", "entered"),
    [
        ("9990", "10000", (9990, 10000)),
        ("1e+06", "1e+06", (1_000_000, 1_000_000)),
        ("0", "0", (0, 0)),
        ("1.5", "4", Decimal("37.5")),
        ("99.99000000000002", "99.99", Decimal(100)),
        ("1", "3.5", Decimal("28.571428571")),
    ],
)
def test_good_and_total_are_counts_or_else_a_share(furnish: Furnish, good: str, total: str, entered: Any) -> None:
    office = furnish(**RATIO, source={"prometheus": "http://x", "good": "g", "total": "t"})
    office.kpi["source"]["prometheus"] = office.server.url
    office.server.answers = {"g": success(good), "t": success(total)}
    office.round()
    assert office.figures()[-1] == ("2026-11", entered)


@pytest.mark.parametrize(
    ("kpi", "answer", "why"),
    [
        ({"indicator": "count", "direction": "lower_is_better"}, "2.5", "must be a whole number"),
        ({"indicator": "count"}, "-1", "must not be below 0"),
        (RATIO, "100.5", "at most 100 per cent"),
        ({}, "1e+30", "too large"),
    ],
)
def test_a_number_that_is_no_figure_of_the_kpi_is_not_entered(
    furnish: Furnish, caplog: pytest.LogCaptureFixture, kpi: dict[str, Any], answer: str, why: str
) -> None:
    office = furnish(**kpi)
    office.server.body = success(answer)
    office.round()
    assert office.figures() == []
    assert why in json.dumps([record.__dict__ for record in caplog.records], default=str)


def test_more_good_than_there_were_is_no_figure(furnish: Furnish) -> None:
    office = furnish(**RATIO, source={"prometheus": "http://x", "good": "g", "total": "t"})
    office.kpi["source"]["prometheus"] = office.server.url
    office.server.answers = {"g": success("11"), "t": success("10")}
    office.round()
    assert office.figures() == []


def test_a_figure_that_a_person_entered_for_the_authority_is_left_alone(office: Office) -> None:
    office.enter("figure", kpi="K", month="2026-11", party="authority", value=70)
    office.clock.advance(3 * DAY_MS)
    assert office.round() == []


def test_a_figure_of_ours_that_was_undone_comes_back_only_when_it_has_changed(office: Office) -> None:
    office.enter("undo", about=office.register.last_number("small"))
    office.clock.advance(DAY_MS)
    office.round()
    assert office.figures() == [("2026-10", 90), ("2026-11", 90)]
    office.clock.advance(DAY_MS)
    office.server.body = success("92")
    office.round()
    assert office.figures()[-1] == ("2026-11", 92)


def test_a_month_that_is_final_is_not_asked_for(furnish: Furnish) -> None:
    office = furnish()
    office.enter("sign_off", month="2026-10", digest="0" * 64, points=0, credit="0.00")
    assert office.round() == ["x[172800s]"]


def test_a_quarter_is_asked_for_while_it_runs_and_after_its_end(furnish: Furnish) -> None:
    office = furnish(measurement_months=3)
    office.clock.advance(at("2026-10-03") - office.clock.now_ms())
    assert office.round() == ["x[172800s]"]
    office.clock.advance(at("2027-01-02") - office.clock.now_ms())
    office.server.body = success("2")
    assert office.round() == ["x[7948799999ms]", "x[86400s]"]
    assert office.figures() == [("2026-12", 1), ("2026-12", 2), ("2027-03", 2)]
    with read_only(office.ledger) as reader:
        (assessed,) = assess([office.contract], reader, office.clock.now_ms()).contracts
    assert assessed.kpis[0].views["agreed"].value == 2


def test_before_the_term_nothing_is_asked_and_after_it_only_its_end(furnish: Furnish) -> None:
    office = furnish()
    office.clock.wall_ms = at("2026-09-30")
    assert office.round() == []
    office.clock.wall_ms = at("2029-03-05")
    assert office.round() == ["x[2591999999ms]"]
    assert office.figures() == [("2028-09", 1)]


def test_others_may_write_into_the_register_meanwhile(office: Office) -> None:
    """What was read is older than the register: the answer waits for the next round."""
    read = office.register.entries("small")
    office.enter("minute", month="2026-10")
    office.clock.advance(DAY_MS)
    office.server.body = success("55")
    office.queries.round([(office.contract, read)])
    assert 55 not in [value for _, value in office.figures()]
    office.clock.advance(300_000)
    office.round()
    assert office.figures()[-1] == ("2026-11", 55)


def test_a_round_that_was_stopped_enters_nothing(furnish: Furnish) -> None:
    office = furnish()
    office.queries.stop()
    assert office.round() == []


def test_the_daemons_thread_is_one_at_a_time_and_holds_up_nobody(furnish: Furnish) -> None:
    office = furnish()
    known: list[tuple[Contract, list[Entry]]] = [(office.contract, [])]
    office.queries.check(known)
    office.queries.check(known)
    thread = office.queries._thread
    assert thread is not None
    assert thread.daemon
    thread.join(30)
    assert len(office.server.asked) == 2
