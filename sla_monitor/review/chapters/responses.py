"""Responses of failed probes: in a line on a failed KPI's page, in full in a claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor.assess.assessment import Outage
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Section, Table
from sla_monitor.review.first_failures import NOT_THERE, cause, response
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.observation import Observation
from sla_monitor.wording.numbers import format_count

SAID = (Column("Outage", 2.2), Column("Endpoint", 1.3), Column("Cause", 1.9), Column("What the probe found", 4.4))
KEPT = (Column("First failed probe", 2.2), Column("Endpoint", 1.3), Column("Response, from its beginning", 6.2))
MOST_ROWS = 40
EXCERPT = 600
"""Characters of a response that are printed; `outages.json` has all that was kept."""


def said_table(name: str, case: PackInput, outages: Sequence[Outage]) -> Table:
    """A line for each endpoint of each outage, as far as a page can hold them."""
    caption, none = "What the first failed probe of each endpoint found", f"{NOT_THERE}."
    if case.looks is None:
        return Table(name, caption, SAID, (), none if outages else "No outage was seen.")
    rows = [_said(case, *each) for each in _looks(case, outages)]
    if len(rows) > MOST_ROWS:
        more = format_count(len(rows) - MOST_ROWS, "more probe")
        rows = [*rows[:MOST_ROWS], (Cell(f"{more} in the file of outages"), *(Cell("") for _ in SAID[1:]))]
    return Table(name, caption, SAID, tuple(rows), "No outage was seen.")


def _looks(case: PackInput, outages: Sequence[Outage]) -> Iterator[tuple[int, str, Observation | None]]:
    looks = case.looks or {}
    for outage in outages:
        for endpoint in outage.endpoints:
            yield outage.start_ms, endpoint, looks.get((endpoint, outage.start_ms))


def _said(case: PackInput, start_ms: int, endpoint: str, look: Observation | None) -> Row:
    found = (Cell(cause(look)), Cell(look.finding.detail)) if look else (Cell("not on record"), Cell(""))
    return (Cell(case.at(start_ms)), Cell(endpoint), *found)


def responses(name: str, case: PackInput, outages: Sequence[Outage]) -> Section:
    """An excerpt of what was kept of each response: for a claim, not for the meeting's pages."""
    found = [(at, look) for _, at, look in _looks(case, outages) if look is not None and look.finding.evidence]
    rows = tuple((Cell(case.at(look.at_ms)), Cell(endpoint), Cell(_excerpt(look))) for endpoint, look in found)
    where = f"{NOT_THERE}." if case.looks is None else "No response was kept."
    said = (
        "These are the endpoints’ own words, kept when the probe was made; the file of outages beside this one has all"
        " that was kept of each."
    )
    return Section(name, "What was answered", (Prose((said,)), Table(name, "Responses kept", KEPT, rows, where)))


def _excerpt(look: Observation) -> str:
    text = response(look)
    return f"{text[:EXCERPT]}…" if len(text) > EXCERPT else text
