"""What an entry does not do: refused where it never can, and said where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sla_monitor.contract.contract import Contract
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import doubts, problems
from tests.register.contracts import PARTS, contract
from tests.register.office import Office
from tests.register.saying import booking, claim, figure, ticket
from tests.register.test_rules import Said, made

KPIS = PARTS["kpis"]
SUPPLIERS = "the supplier's figure counts for KPI1, and does not change"
IDLE = "no KPI is worked out from the time of desk: no figure changes"
LONG = "it lasts 3,287 days: nobody is called for as much of it as is permitted (check the year)"
ONLY = "this figure stands only where there is nothing to work out"
OFFICE = ("--start", "2024-02-05 10:00", "--end", "2024-02-05 12:00", "--cause", "authority_cause")


def context(before: Sequence[Said], of: Contract | None = None) -> EntryContext:
    return EntryContext.of(of or contract(), [made(number, said) for number, said in enumerate(before, 1)])


def refused(said: Said, before: Sequence[Said] = (), of: Contract | None = None) -> list[str]:
    return problems(made(len(before) + 1, said), context(before, of))


def doubted(said: Said, before: Sequence[Said] = (), of: Contract | None = None) -> list[str]:
    return doubts(made(len(before) + 1, said), context(before, of))


@pytest.mark.parametrize(
    ("said", "before", "told"),
    [
        (claim(kpis=["KPI5"]), (), "KPI5 is made of other KPIs, and changes by their figures alone (name KPI1)"),
        (claim(kpis=["KPI2"]), (), "KPI2 is made of tickets, and not of time (name them under tickets)"),
        (
            claim(kpis=["KPI1"], tickets=["INC1"]),
            (ticket("INC1"),),
            "KPI1 is made of time, and the claim is about tickets alone (name its service)",
        ),
        (
            claim(kpis=["KPI1"], services=["desk"]),
            (),
            "KPI1 is about custody, which the claim is not (name its service)",
        ),
    ],
)
def test_a_claim_that_can_never_have_an_effect_is_refused(said: Said, before: Sequence[Said], told: str) -> None:
    assert refused(said, before) == [f"kpis: {told}"]


def test_a_claim_that_has_an_effect_on_one_of_its_kpis_is_taken_and_says_which_it_has_none_on() -> None:
    said = claim(kpis=["KPI1", "KPI5"])
    assert refused(said) == []
    assert doubted(said) == ["KPI5 is made of other KPIs, and changes by their figures alone (name KPI1)"]


def test_a_claim_about_a_reported_figure_needs_no_service() -> None:
    """It lets the failure of the whole measurement period pass."""
    assert refused(claim(kpis=["KPI3"], services=["desk"])) == []
    assert doubted(claim(kpis=["KPI3"])) == []


def priced(kpi: str, **changes: Any) -> Contract:
    """The contract with one KPI changed."""
    return contract(kpis=[one | changes if one["id"] == kpi else one for one in KPIS])


@pytest.mark.parametrize(
    ("said", "before", "of", "told"),
    [
        (claim(), (), None, []),
        (booking(), (), None, []),
        (
            claim(services=["desk"]),
            (),
            None,
            [f"{IDLE} (for a figure that somebody reports, name its KPI)"],
        ),
        (booking(services=["desk"]), (), None, [IDLE]),
        (booking(end="2026-01-24T22:00:00Z"), (), None, []),
        (booking(end="2035-01-11T01:00:00Z"), (), None, [LONG]),
        (
            booking(),
            (),
            priced("KPI1", counting={"excluded": "counted"}),
            ["KPI1 counts excluded time like any other: its figure does not change"],
        ),
        (
            claim(),
            (),
            priced("KPI1", source_of_truth="supplier"),
            [f"{SUPPLIERS} (name the KPI, and its failure is let pass)"],
        ),
        (booking(), (), priced("KPI1", source_of_truth="supplier"), [SUPPLIERS]),
        (claim(kpis=["KPI1"]), (), priced("KPI1", source_of_truth="supplier"), []),
        (claim(kpis=["KPI2"], services=["desk"]), (), priced("KPI2", source_of_truth="supplier"), []),
        (
            claim(),
            (figure("99.9", "agreed"),),
            None,
            ["entry 1 is an agreed figure of KPI1 for 2026-01, which does not change"],
        ),
        (
            claim(tickets=["INC1", "INC2"]),
            (ticket("INC1"), ticket("INC2", priority="P4")),
            None,
            ["no KPI that is meant counts ticket INC2 (see its priority and service)"],
        ),
        (
            claim(tickets=["INC1", "INC2", "INC3"]),
            (ticket("INC1"), ticket("INC2", service="custody"), ticket("INC3", service="desk")),
            priced("KPI2", service="custody"),
            ["no KPI that is meant counts ticket INC3 (see its priority and service)"],
        ),
    ],
)
def test_time_and_tickets_that_no_figure_is_made_of_are_told(
    said: Said, before: Sequence[Said], of: Contract | None, told: list[str]
) -> None:
    assert refused(said, before, of) == []
    assert doubted(said, before, of) == told


@pytest.mark.parametrize(
    ("said", "of", "told"),
    [
        (figure("99"), None, "the authority's figure counts for KPI1 (source_of_truth); this one is shown beside it"),
        (
            figure("3", "authority", kpi="KPI3"),
            priced("KPI3", source_of_truth="supplier"),
            "the supplier's figure counts for KPI3 (source_of_truth); this one is shown beside it",
        ),
        (
            figure("99", "authority"),
            None,
            f"KPI1 is worked out where its endpoints are probed: {ONLY}",
        ),
        (
            figure("99", "authority", kpi="KPI2"),
            None,
            f"KPI2 is worked out where tickets are counted: {ONLY}",
        ),
        (figure("3", "authority", kpi="KPI3"), None, None),
        (figure("99", "agreed"), None, None),
    ],
)
def test_a_figure_that_does_not_count_is_told_so(said: Said, of: Contract | None, told: str | None) -> None:
    assert doubted(said, (), of) == ([] if told is None else [told])


def test_beside_an_agreed_figure_no_other_counts() -> None:
    told = doubted(figure("3", "authority", kpi="KPI3"), (figure("2", "agreed", kpi="KPI3"),))
    assert told == ["entry 1 is the agreed figure of KPI3 for 2026-01, and counts"]


def waiver(*kpis: str, what: str = "points_and_money") -> Said:
    return "waiver", {"month": "2026-01", "kpis": list(kpis), "what": what}


BANDS = {
    "rounding": {"mode": "none"},
    "bands": [{"name": "met", "at_least": "99.9"}, {"name": "missed", "below": "99.9", "points": 1}],
}


@pytest.mark.parametrize(
    ("said", "of", "told"),
    [
        (waiver("KPI3"), None, ["KPI3 has neither points nor a credit of its own: there is nothing to waive"]),
        (waiver("KPI3"), priced("KPI3", kind="PI"), ["KPI3 is a PI, which costs nothing"]),
        (waiver("KPI1"), priced("KPI1", **BANDS), ["KPI5, of which KPI1 is a part, is not waived with it"]),
        (waiver("KPI1", "KPI5"), priced("KPI1", **BANDS), None),
        (waiver(), None, []),
        (
            waiver("KPI1", "KPI5", what="money"),
            priced("KPI1", bedding_in_until="2026-03-01", **BANDS),
            ["KPI1 is bedding in until 2026-03-01: its points cost no money yet"],
        ),
    ],
)
def test_a_waiver_of_nothing_is_told_so(said: Said, of: Contract | None, told: list[str] | None) -> None:
    found = [line for line in doubted(said, (), of) if not line.startswith("KPI5 has neither")]
    assert found == (told or [])


def test_the_command_says_it_when_the_entry_is_made_and_whenever_it_is_shown(tmp_path: Any) -> None:
    office = Office.furnished(tmp_path)
    said = office.done(
        "add", "figure", "small", "--kpi", "KPI3", "--month", "2024-02", "--party", "supplier", "--value", "9"
    )
    sentence = "the authority's figure counts for KPI3 (source_of_truth); this one is shown beside it"
    assert f"but {sentence}" in " ".join(said.out.split())
    assert sentence in office.done("show", "small", "1").out
    again = office.done("add", "claim", "small", *OFFICE, "--format", "json").json
    assert again["added"][0]["but"] == []


def test_a_decision_by_which_nothing_changes_says_so(tmp_path: Any) -> None:
    """No probe ran in 2024: there is no figure to change."""
    office = Office.furnished(tmp_path)
    office.done("add", "claim", "small", *OFFICE)
    said = office.done("decide", "small", "1", "--grant", "--why", "true", "--yes", actor="bob")
    assert "but no figure, no point and no money of February 2024 or later changes by it" in " ".join(said.out.split())


def test_a_file_of_figures_says_it_once(tmp_path: Any) -> None:
    office = Office.furnished(tmp_path)
    file = office.file("kpi,month,value\nKPI3,2024-02,9\nKPI3,2024-03,8\n", "figures.csv")
    said = office.done("import", "small", file, "--kind", "figure", "--party", "supplier", "--yes")
    assert said.out.count("shown beside it") == 1


def test_a_late_claim_says_how_late_it_is_where_that_is_for_the_authority_to_decide(tmp_path: Any) -> None:
    office = Office.furnished(tmp_path, relief={"notice_working_days": 2, "late": "decided"})
    known = ("--aware", "2024-02-05 10:00", "--notified", "2024-02-15 10:00", "--yes")
    said = office.done("add", "claim", "small", *OFFICE, *known)
    late = (
        "notified 8 Working Days after it was known; 2 are allowed: the contract leaves it to the authority's decision"
    )
    assert f"but {late}" in " ".join(said.out.split())
    by_word = office.done("add", "claim", "small", *OFFICE, *known[:3], "2024-02-06 10:00", "--yes", "--note", "Mail.")
    told = " ".join(by_word.out.split())
    assert "but in time only by its own word: entered" in told
    assert "Working Days after it was known; 2 are allowed (see how it was notified)" in told


def test_a_claim_that_meets_the_last_month_only_by_its_own_word_says_so(tmp_path: Any) -> None:
    """Entered in 2026, of a failure in February 2024."""
    office = Office.furnished(tmp_path, relief={"deadline_months": 2})
    by_word = ("--notified", "2024-04-30 10:00", "--note", "Mail.", "--yes")
    said = office.done("add", "claim", "small", *OFFICE, *by_word)
    told = "in time only by its own word: entered more than 2 months after the month of the failure (see how it was"
    assert told in " ".join(said.out.split())
    late = office.done("add", "claim", "small", *OFFICE, "--notified", "2024-05-01 10:00", "--note", "Mail.", "--yes")
    assert "refused by the contract: claimed more than 2 months after" in " ".join(late.out.split())
