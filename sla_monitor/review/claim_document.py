"""A claim for one KPI's failure: what failed, the evidence, the working to the penny, and the deadline."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.errors import ReviewError
from sla_monitor.review.binding import Titles, bound
from sla_monitor.review.blocks import Block, Cell, Facts, Pack, Prose, TextLines
from sla_monitor.review.chapters.certificate import certificate
from sla_monitor.review.chapters.cover import about
from sla_monitor.review.chapters.failed_kpis import page_of, steps_table
from sla_monitor.review.chapters.how_to_check import how_to_check
from sla_monitor.review.chapters.meeting import method
from sla_monitor.review.chapters.responses import responses
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import Step, step
from sla_monitor.wording.instants import format_day, format_month
from sla_monitor.wording.text import format_list


def claim_pack(case: PackInput, name: str) -> Pack:
    """Raises ReviewError for a KPI that there is none of, and for one that did not fail."""
    failed = {kpi.kpi: kpi for kpi in case.failed()}
    if name not in failed:
        known = format_list(list(failed)) if failed else "none"
        raise ReviewError(f"{name} did not fail in {case.month} (failed: {known})")
    month, kpi = format_month(case.month), failed[name]
    answered = [responses("responses", case, kpi.outages)] if kpi.service is not None else []
    sections = [about(case), page_of(case, kpi), *answered, method(case), how_to_check(case), certificate(case)]
    subtitle = f"Claim for the failure of {name}, {month}"
    titles = Titles(f"{case.month}-claim-{name}", subtitle, f"{name} · {month}")
    return bound(case, titles, _claim(case, name), sections)


def _claim(case: PackInput, name: str) -> tuple[Block, ...]:
    lines = _lines(case, name)
    cost = case.money_by_kpi().get(name)
    facts = [("Before caps", Cell("nothing") if cost is None else case.money(cost))]
    facts += [("Not due: the failure has not repeated", case.money(line.amount)) for line in _held(case, name)]
    deadline = case.assessment.claim_by
    facts.append(("To be claimed by", Cell(format_day(deadline) if deadline else "no claim is needed")))
    said = (
        f"{case.assessment.authority} claims from {case.assessment.supplier} what the contract gives for the failure of"
        f" {name} in {format_month(case.month)}. The failure, its outages and their causes are told below,"
        " the evidence is in the file beside this one, and every step of the amount follows."
    )
    caption = f"Credit{'' if len(lines) == 1 else 's'} in which {name} has a part"
    steps = (*(step for line in lines for step in _working(case, line, name)), *_held_working(case, name))
    blocks: tuple[Block, ...] = (
        Prose((said,), "lead"),
        Facts(tuple(facts)),
        steps_table("credit-lines", caption, steps),
    )
    return (*blocks, TextLines(("Claimed by", "On")))


def _lines(case: PackInput, name: str) -> list[CreditLine]:
    """The lines for the KPI alone, and those for points that are its own too."""
    lines = case.result.credit.lines if case.result else ()
    return [line for line in lines if name in case.parts_of(line)]


def _working(case: PackInput, line: CreditLine, name: str) -> Iterator[Step]:
    """A line's steps and, of a line for several KPIs, the part of this one."""
    yield from line.working
    points = {} if line.kpi else case.points_of(line.rule)
    if len(points) > 1:
        share = f"{shown(Fraction(points[name]))} of {shown(Fraction(sum(points.values())))} points"
        yield step(f"{name}'s part", f"{share} × {line.amount}, shared out to the coin", case.parts_of(line)[name])


def _held_working(case: PackInput, name: str) -> Iterator[Step]:
    for line in _held(case, name):
        yield from line.working


def _held(case: PackInput, name: str) -> list[CreditLine]:
    """What the failure would cost if it had repeated."""
    credit = case.result.credit if case.result else None
    return [line for line in credit.held if line.kpi == name] if credit else []
