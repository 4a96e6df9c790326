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


def first_failures_table(name: str, case: PackInput, outages: Sequence[Outage]) -> Table:
    """A line for each endpoint of each outage, as far as a page can hold them."""
    caption, none = "What the first failed probe of each endpoint found", f"{NOT_THERE}."
    if case.first_failures is None:
        return Table(name, caption, SAID, (), none if outages else "No outage was seen.")
    rows = [_row(case, *each) for each in _first_failures(case, outages)]
    if len(rows) > MOST_ROWS:
        more = format_count(len(rows) - MOST_ROWS, "more probe")
        rows = [*rows[:MOST_ROWS], (Cell(f"{more} in the file of outages"), *(Cell("") for _ in SAID[1:]))]
    return Table(name, caption, SAID, tuple(rows), "No outage was seen.")


def _first_failures(case: PackInput, outages: Sequence[Outage]) -> Iterator[tuple[int, str, Observation | None]]:
    failures = case.first_failures or {}
    for outage in outages:
        for endpoint in outage.endpoints:
            yield outage.start_ms, endpoint, failures.get((endpoint, outage.start_ms))


def _row(case: PackInput, start_ms: int, endpoint: str, observation: Observation | None) -> Row:
    found = (
        (Cell(cause(observation)), Cell(observation.finding.detail))
        if observation
        else (Cell("not on record"), Cell(""))
    )
    return (Cell(case.at(start_ms)), Cell(endpoint), *found)


def responses(name: str, case: PackInput, outages: Sequence[Outage]) -> Section:
    """An excerpt of what was kept of each response: for a claim, not for the meeting's pages."""
    found = [
        (at, observation)
        for _, at, observation in _first_failures(case, outages)
        if observation is not None and observation.finding.evidence
    ]
    rows = tuple(
        (Cell(case.at(observation.at_ms)), Cell(endpoint), Cell(_excerpt(observation)))
        for endpoint, observation in found
    )
    where = f"{NOT_THERE}." if case.first_failures is None else "No response was kept."
    said = (
        "These are the endpoints’ own words, kept when the probe was made; the file of outages beside this one has all"
        " that was kept of each."
    )
    return Section(name, "What was answered", (Prose((said,)), Table(name, "Responses kept", KEPT, rows, where)))


def _excerpt(observation: Observation) -> str:
    text = response(observation)
    return f"{text[:EXCERPT]}…" if len(text) > EXCERPT else text
