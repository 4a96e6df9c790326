"""What may not be entered, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.register.entries import Entry
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.instant import parse_instant
from sla_monitor.register.rules import problems
from tests.register.contracts import PARTS, contract
from tests.register.saying import booking, claim, decision, entry, figure, ticket, undo
from tests.support.terms import terms_of

NOW_MS = parse_instant("2026-03-10T12:00:00Z")
Said = tuple[str, dict[str, Any]]

SIGNED: Said = ("sign_off", {"month": "2026-01", "digest": "0" * 64, "points": "1", "credit": "0.00"})
COUNTERSIGNED: Said = ("countersignature", {"month": "2026-01", "digest": "0" * 64})
DISPUTE: Said = ("dispute", {"party": "supplier", "services": ["desk"], "start": "2026-01-05", "end": "2026-01-06"})
ACTION: Said = ("action", {"owner": "bob"})
ACKNOWLEDGED: Said = ("acknowledgement", {"service": "custody"})
CORRECTION: Said = (
    "correction",
    {"start": "2026-01-05T10:00:00Z", "end": "2026-01-05T11:00:00Z", "endpoints": ["health"], "outcome": "up"},
)


def made(number: int, said: Said, *, actor: str = "ann", note: str = "because", reference: str = "") -> Entry:
    words = {"actor": actor, "note": note, "at_ms": NOW_MS, "reference": reference}
    return entry(number, said[0], **said[1]).model_copy(update=words)


def wrong(
    said: Said, before: Sequence[Said] = (), *, actor: str = "bob", note: str = "because", of: Contract | None = None
) -> list[str]:
    """The problems of an entry of bob's after some of ann's."""
    earlier = [made(number, each, note="earlier") for number, each in enumerate(before, start=1)]
    context = EntryContext.of(of or contract(), earlier)
    return problems(made(len(earlier) + 1, said, actor=actor, note=note), context)


def span(start: str, end: str) -> dict[str, str]:
    return {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z"}


GOOD: list[tuple[Said, Sequence[Said]]] = [
    (booking(services=["custody"], notified="2026-01-02"), ()),
    (booking(), (booking(services=["desk"]),)),
    (booking(), (booking(), undo(1))),
    (claim(kpis=["KPI1"], aware="2026-01-05T10:00:00Z", notified="2026-01-06"), ()),
    (claim(tickets=["INC1"]), (ticket("INC1"),)),
    (decision(1), (claim(),)),
    (decision(1, start="2026-01-05T10:30:00Z", end="2026-01-05T11:00:00Z"), (claim(),)),
    (decision(1, granted=False), (claim(), decision(1))),
    (decision(1), (claim(), decision(1), undo(2))),
    (ACKNOWLEDGED, (ACKNOWLEDGED,)),
    (("acknowledgement", {"endpoint": "health", "until": "2026-03-10T13:00:00Z"}), ()),
    (figure("99.95"), ()),
    (figure("99.95"), (figure("98"),)),
    (figure("99.95", month="2025-04"), ()),
    (figure("4", kpi="KPI3"), ()),
    (figure("400", kpi="KPI4", month="2025-12"), ()),
    (("figure", {"kpi": "KPI6", "month": "2026-02", "party": "supplier", "in_target": 9, "total": 10}), ()),
    (ticket("INC1", responded="2026-01-05T10:10:00Z", ended="2026-01-05T11:00:00Z", service="desk"), ()),
    (ticket("INC1", priority="P5"), (ticket("INC1"),)),
    (("occurrence", {"rule": "rooms", "month": "2026-01", "duration_ms": 14_400_000}), ()),
    (CORRECTION, ()),
    (("impact", {**span("2026-01-05", "2026-01-06"), "service": "custody", "users": 1, "of": 4}), ()),
    (DISPUTE, ()),
    (decision(1), (DISPUTE,)),
    (("waiver", {"month": "2026-01", "kpis": ["KPI1"], "what": "money"}), ()),
    (("earn_back", {"month": "2026-01", "amount": "5.00"}), ()),
    (("credit_claim", {"month": "2026-01", "claimed": "2026-02-20"}), ()),
    (SIGNED, ()),
    (COUNTERSIGNED, (SIGNED,)),
    ((SIGNED[0], {**SIGNED[1], "reason": "relief"}), (SIGNED,)),
    (("minute", {"month": "2026-03"}), ()),
    (ACTION, ()),
    (("done", {"about": 1}), (ACTION,)),
    (undo(1), (claim(),)),
    (undo(2), (claim(), undo(1))),
]


@pytest.mark.parametrize(("said", "before"), GOOD, ids=[f"{n}-{said[0]}" for n, (said, _) in enumerate(GOOD)])
def test_what_makes_sense_may_be_entered(said: Said, before: Sequence[Said]) -> None:
    assert wrong(said, before) == []


BAD: list[tuple[Said, Sequence[Said], str]] = [
    (("acknowledgement", {"service": "custdy"}), (), "service: no such service: custdy (did you mean custody?)"),
    (("acknowledgement", {"endpoint": "helth"}), (), "endpoint: no such endpoint: helth (did you mean health?)"),
    (("acknowledgement", {}), (), "service: or an endpoint must be named, and not both (say whose outage it is)"),
    (
        ("acknowledgement", {"service": "custody", "endpoint": "health"}),
        (),
        "service: or an endpoint must be named, and not both (say whose outage it is)",
    ),
    (
        ("acknowledgement", {"service": "custody", "until": "2026-03-10T12:00:00Z"}),
        (),
        "until: lies in the past (check the date)",
    ),
    (booking(services=["custdy"]), (), "services: no such service: custdy (did you mean custody?)"),
    (booking(notified="2026-04-01"), (), "notified: lies in the future (check the date)"),
    (
        ("maintenance", span("2027-05-01", "2027-05-02")),
        (),
        "start: lies outside the contract's term (check the dates)",
    ),
    (
        ("maintenance", span("2025-03-01", "2025-03-31")),
        (),
        "start: lies outside the contract's term (check the dates)",
    ),
    (claim(cause="act_of_god"), (), "cause: no such cause of relief: act_of_god"),
    (claim(kpis=["KPI9"]), (), "kpis: no such KPI: KPI9"),
    (claim(tickets=["INC9"]), (ticket("INC1"),), "tickets: no such ticket in the register: INC9"),
    (claim(aware="2026-01-07", notified="2026-01-06"), (), "notified: must not be before aware"),
    (decision(7), (claim(),), "about: no entry 7 in the register of this contract"),
    (decision(1), (claim(), undo(1)), "about: entry 1 was undone by entry 2 (undo that one to restore it)"),
    (decision(1), (figure("99"),), "about: entry 1 is a figure, on which nobody decides"),
    (decision(2), (claim(), decision(1)), "about: entry 2 is a decision, on which nobody decides"),
    (decision(1), (claim(), decision(1)), "about: entry 2 decided the same (nothing is left to decide)"),
    (decision(1, start="2026-01-05T09:00:00Z"), (claim(),), "start: is not inside what entry 1 asks for"),
    (
        decision(1, end="2026-01-05T13:00:00Z"),
        (claim(),),
        "end: is not inside what entry 1 asks for (2026-01-05 10:00+00:00 to 2026-01-05 12:00+00:00)",
    ),
    (
        ("waiver", {"month": "2026-01", "kpis": ["KPI1", "KPI4"], "what": "money"}),
        (),
        "month: no measurement period of KPI4 ends with 2026-01 (each is 3 months)",
    ),
    (decision(1, granted=False, start="2026-01-05T10:30:00Z"), (claim(),), "start: is for what is granted"),
    (
        decision(1, start="2026-01-05T11:30:00Z", end="2026-01-05T11:00:00Z"),
        (claim(),),
        "end: must be after the start",
    ),
    (figure("100.5"), (), "value: must be at most 100 per cent"),
    (figure("-1", kpi="KPI3"), (), "value: must not be below 0"),
    (figure("1.5", kpi="KPI3"), (), "value: must be a whole number"),
    (figure("80", kpi="KPI4"), (), "month: no measurement period of KPI4 ends with 2026-01 (each is 3 months)"),
    (figure("99", kpi="KPI5"), (), "kpi: KPI5 is made of other KPIs"),
    (figure("99", kpi="KPI7"), (), "kpi: no such KPI: KPI7"),
    (figure("99", month="2026-04"), (), "month: 2026-04 has not begun"),
    (figure("80", kpi="KPI4", month="2026-06"), (), "month: 2026-06 has not begun"),
    (figure("99", month="2027-04"), (), "month: 2027-04 is outside the contract's term"),
    (figure("99", month="2025-03"), (), "month: 2025-03 is outside the contract's term"),
    (
        ("figure", {"kpi": "KPI1", "month": "2026-01", "party": "supplier", "in_target": 9, "total": 10}),
        (),
        "in_target: KPI1 is no share of events",
    ),
    (figure("99"), (figure("99"),), "kind: entry 1 says the same"),
    (ticket("INC1", ended="2026-01-05T09:00:00Z"), (), "ended: must not be before opened"),
    (ticket("INC1", priority="p1"), (), "priority: no KPI counts p1 (did you mean P1?)"),
    (ticket("INC1", service="dsk"), (), "service: no such service: dsk (did you mean desk?)"),
    (ticket("INC1", opened="2026-03-11"), (), "opened: lies in the future"),
    (
        ticket("INC1", stops=[{"start": "2026-01-05T09:00:00Z", "end": "2026-01-05T08:00:00Z", "reason": "w"}]),
        (),
        "stops: must end after they start",
    ),
    (
        ticket("INC1", stops=[{"start": "2026-01-05T09:00:00Z", "reason": "w"}]),
        (),
        "stops: must lie between opened and ended",
    ),
    (("occurrence", {"rule": "room", "month": "2026-01", "duration_ms": 1}), (), "rule: no such credit by unit rate"),
    (("misreport", {"month": "2026-01", "omitted": "5.00"}), (), "kind: the contract has no credit for misreporting"),
    (("correction", {**CORRECTION[1], "endpoints": ["helth"]}), (), "endpoints: no such endpoint: helth"),
    (
        ("correction", {**CORRECTION[1], "end": "2026-03-11T00:00:00Z"}),
        (),
        "end: lies in the future (check the date)",
    ),
    ((DISPUTE[0], {**DISPUTE[1], "services": ["dsk"]}), (), "services: no such service: dsk (did you mean desk?)"),
    (("waiver", {"month": "2026-01", "kpis": ["KPI9"], "what": "money"}), (), "kpis: no such KPI: KPI9"),
    (("credit_claim", {"month": "2026-03", "claimed": "2026-03-01"}), (), "month: 2026-03 has not ended"),
    (
        ("credit_claim", {"month": "2026-01", "claimed": "2026-03-01"}),
        (("credit_claim", {"month": "2026-01", "claimed": "2026-02-20"}),),
        "month: entry 1 claimed the credit of 2026-01 already",
    ),
    ((SIGNED[0], {**SIGNED[1], "month": "2026-03"}), (), "month: 2026-03 has not ended"),
    (SIGNED, (SIGNED,), "reason: is missing: entry 1 made 2026-01 final already"),
    (COUNTERSIGNED, (), "month: nobody has signed 2026-01 off (the authority signs first)"),
    (COUNTERSIGNED, (SIGNED, COUNTERSIGNED), "month: entry 2 has countersigned 2026-01 already"),
    (
        (COUNTERSIGNED[0], {**COUNTERSIGNED[1], "digest": "1" * 64}),
        (SIGNED,),
        "digest: is not that of entry 1, which signed 2026-01 off",
    ),
    (("done", {"about": 1}), (claim(),), "about: entry 1 is a claim, and no action"),
    (("done", {"about": 1}), (ACTION, ("done", {"about": 1})), "about: action 1 is done already"),
    (undo(1), (claim(), undo(1)), "about: entry 1 was undone by entry 2"),
    (undo(3), (), "about: no entry 3"),
]


@pytest.mark.parametrize(("said", "before", "words"), BAD, ids=[words[:40] for _, _, words in BAD])
def test_what_makes_no_sense_is_refused(said: Said, before: Sequence[Said], words: str) -> None:
    found = wrong(said, before)
    assert any(line.startswith(words) for line in found), found


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = wrong(claim(services=["x"], kpis=["y"], cause="z", notified="2026-05-01"), actor="bo\x1bb")
    assert [line.partition(":")[0] for line in found] == ["actor", "notified", "services", "kpis", "cause"]


def test_a_measurement_period_is_cut_short_by_the_end_of_the_whole_term_alone() -> None:
    """The terms of the month end it with January, and a later version goes on: its quarter ends with March."""
    ending, going_on = ({**PARTS, "term": {"start": "2025-10-01", "end": end}} for end in ("2026-01-31", "2027-03-31"))
    february_ms = parse_instant("2026-02-01T00:00:00Z")
    waiver: Said = ("waiver", {"month": "2026-01", "kpis": ["KPI4"], "what": "money"})
    no_end = "month: no measurement period of KPI4 ends with 2026-01 (each is 3 months)"
    extended = Contract((TermsVersion(0, terms_of(ending)), TermsVersion(february_ms, terms_of(going_on))))
    assert no_end in wrong(waiver, of=extended)
    assert no_end not in wrong(waiver, of=Contract((TermsVersion(0, terms_of(ending)),)))


def test_a_desk_whose_clock_is_ahead_may_name_its_service() -> None:
    assert wrong(ticket("INC1", service="desk", opened="2026-03-10T12:02:00Z")) == []
    far = wrong(ticket("INC1", service="desk", opened="2027-03-10T12:00:00Z"))
    assert far == ["opened: lies in the future (check the date)"]


@pytest.mark.parametrize("said", [decision(1), undo(1), ("minute", {"month": "2026-01"}), ACTION, DISPUTE])
def test_decisions_undoings_minutes_actions_and_disputes_say_something_in_words(said: Said) -> None:
    assert any(line.startswith("note: is missing") for line in wrong(said, (claim(),), note=" "))


def test_a_characters_that_cannot_be_printed_is_refused_wherever_it_stands() -> None:
    assert wrong(ticket("INC\x1b[2J")) == ["id: holds a character that cannot be printed (write plain text)"]
    assert wrong(claim(tickets=["A\x07"]), (ticket("A\x07"),))[0].startswith("tickets: holds a character")
    assert wrong(claim(), note="two\nlines\tare fine") == []


class TestFourEyes:
    def test_whoever_claims_may_not_decide(self) -> None:
        found = wrong(decision(1), (claim(),), actor=" Ann ")
        assert found == ["actor:  Ann  made entry 1 (four eyes: somebody else must decide)"]

    def test_whoever_claims_may_not_take_a_refusal_back(self) -> None:
        found = wrong(undo(3), (claim(), decision(1), decision(1, granted=False)), actor="ann")
        assert found == ["actor: ann made entry 1 (four eyes: somebody else must decide)"]

    def test_nor_by_undoing_an_undoing(self) -> None:
        found = wrong(undo(3), (claim(), decision(1), undo(2)), actor="ann")
        assert found == ["actor: ann made entry 1 (four eyes: somebody else must decide)"]

    def test_whoever_claims_may_withdraw_the_claim(self) -> None:
        assert wrong(undo(1), (claim(),), actor="ann") == []

    def test_a_contract_may_do_without(self) -> None:
        relaxed = contract(relief={"four_eyes": False})
        assert wrong(decision(1), (claim(),), actor="ann", of=relaxed) == []


@pytest.mark.parametrize("said", [claim(), figure("98"), ticket("INC1"), CORRECTION, booking()])
def test_a_final_month_is_changed_only_for_a_reason(said: Said) -> None:
    assert wrong(said, (SIGNED,), note="") == [
        "note: is missing: 2026-01 is final, and this may change its figures (say why)"
    ]
    assert wrong(said, (SIGNED,)) == []
    assert wrong(said, (SIGNED, undo(1)), note="") == []


def test_a_service_of_another_time_is_told_apart_from_one_that_never_was() -> None:
    later = {**PARTS, "services": [*PARTS["services"], {"id": "vault"}]}
    versions = (TermsVersion(0, terms_of(PARTS)), TermsVersion(parse_instant("2026-02-01T00:00:00Z"), terms_of(later)))
    assert wrong(booking(services=["vault"]), of=Contract(versions)) == [
        "services: service vault is not in the contract then (see its from and until)"
    ]


def test_a_credit_that_needs_no_claim_is_not_claimed() -> None:
    found = wrong(("credit_claim", {"month": "2026-01", "claimed": "2026-02-20"}), of=contract(claims={}))
    assert found == ["kind: credits of this contract need no claim (see its claims)"]


def test_whoever_signed_a_month_off_does_not_countersign_it() -> None:
    assert wrong(COUNTERSIGNED, (SIGNED,), actor=" ANN ") == [
        "actor: ann signed 2026-01 off (somebody else must countersign)"
    ]
