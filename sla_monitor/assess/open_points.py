"""Open points of a month: KPIs without a verdict and why, what awaits a decision, what came in late.

A month can be signed off with open points; nobody can then say that they were not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import NO_FIGURE, ContractAssessment, KpiAssessment
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.months import TermMonths, within
from sla_monitor.register.affected_months import Others, first_changed
from sla_monitor.register.entries import Entry, Timed
from sla_monitor.sla.results import CapResult, PeriodResult
from sla_monitor.wording.entries import EntryWording
from sla_monitor.wording.instants import format_day_at, format_month, format_stretch
from sla_monitor.wording.numbers import format_count, format_ratio
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id

AT_MOST_LEFT = "What is left is at most so much: KPIs without a verdict may have cost more."
NAMED_AT_MOST = 10
"""Numbers of entries in one sentence: a file of tickets may be hundreds of them."""


def is_assessed(kpi: KpiAssessment) -> bool:
    """Whether the KPI has a verdict that the contract bands."""
    return kpi.is_assessable if kpi.result is None else kpi.result.band is not None


def unassessed(one: ContractAssessment) -> tuple[int, int]:
    """Of the KPIs whose measurement period ends with the month: how many have no verdict, and how many there are.
    Failures, points and money are those of the others."""
    ending = [kpi for kpi in one.kpis if not ends_later(one, kpi)]
    return sum(1 for kpi in ending if not is_assessed(kpi)), len(ending)


def leaves_at_most(one: ContractAssessment, terms: Terms, cap: CapResult) -> bool:
    """Whether a month that the cap looks at has KPIs without a verdict: they may have used some of what is left.
    `terms`: those at the month's end."""
    found = next((rules for rules in terms.caps if rules.id == cap.cap), None)
    if found is None or one.result is None or not cap.left:
        return False
    months, month = (*one.earlier, one.result), one.period.name
    if found.over == "trailing_12_months":
        return any(map(_has_gaps, within(months, month, 12)))
    run = TermMonths(f"{one.starts_on:%Y-%m}", quarters=terms.accounting.quarters)
    return any(_has_gaps(past) for past in months if past.month in run.window(found.over, month))


def _has_gaps(past: PeriodResult) -> bool:
    return bool(past.unassessed) or not past.is_measured


def why_not_assessed(one: ContractAssessment, kpi: KpiAssessment) -> str:
    """Why a KPI has no verdict in the month, as the end of a sentence; empty for one that has."""
    period, zone = kpi.period, ZoneInfo(one.time_zone)
    if period is not None and period.end_ms > one.period.end_ms:
        return f"its measurement period runs until the end of {format_day_at(period.end_ms - 1, zone)}"
    if is_assessed(kpi):
        return ""
    value = kpi.result.value if kpi.result is not None else kpi.views.get("agreed", NO_FIGURE).value
    if value is not None:
        seen = format_ratio(kpi.coverage_ratio, none="too little")
        return f"{seen} of its time was seen, which is too little to assess it"
    return "the contract has no terms for it" if kpi.terms is None else _why_no_figure(one, kpi, kpi.terms)


def _why_no_figure(one: ContractAssessment, kpi: KpiAssessment, terms: KpiTerms) -> str:
    """By where the figure comes from: the first that holds."""
    service = next((each for each in one.services if each.service == terms.service), None)
    is_probed = service is not None and terms.is_probed and (service.is_probed or service.observed_ms > 0)
    reasons = (
        (bool(terms.part_kpis), "no KPI that it is made of has a figure"),
        (
            terms.source_of_truth == "joint" and kpi.submitted is not None,
            "the parties’ figures differ, and the contract takes neither until they agree",
        ),
        (terms.source_of_truth == "supplier", "the supplier has reported no figure"),
        (terms.ticket_terms is not None, "no ticket that it counts is on record"),
        (terms.asked_source is not None, "no figure was had from Prometheus"),
        (is_probed and service is not None and not service.agreed_ms, "its service had no hours"),
        (is_probed, "nothing was seen of its service"),
    )
    return next((why for holds, why in reasons if holds), "nobody has reported a figure")


def open_points(one: ContractAssessment) -> Iterator[str]:
    """A sentence for each open point of a month that has ended."""
    without = [(kpi, why) for kpi in one.kpis if not ends_later(one, kpi) and (why := why_not_assessed(one, kpi))]
    if without:
        yield f"{len(without)} of {format_count(len(one.kpis), 'KPI')} could not be assessed."
    for kpi, why in without:
        title = f" ({kpi.title})" if kpi.title not in {"", kpi.kpi} else ""
        yield f"{kpi.kpi}{title} is not assessed: {why}."
    yield from _pending(one)
    told = {kpi.kpi for kpi, _ in without}
    missing: dict[str, list[str]] = {}
    for name, month in one.missing_figures:
        if month != one.period.name or name not in told:
            missing.setdefault(name, []).append(format_month(month))
    for name, months in missing.items():
        owed = "A figure of {} for {} is" if len(months) == 1 else "The figures of {} for {} are"
        yield f"{owed.format(name, format_list(months))} owed and missing."
    yield from _late(one)


def ends_later(one: ContractAssessment, kpi: KpiAssessment) -> bool:
    """Whether the KPI has no result due: its measurement period ends after the month."""
    return kpi.period is not None and kpi.period.end_ms > one.period.end_ms


def _pending(one: ContractAssessment) -> Iterator[str]:
    """What awaits a decision: that about this month in words, the rest as a number."""
    ours = {entry.number for entry in one.entries}
    called = {service.service: service.name for service in one.services if service.name}
    say = EntryWording(ZoneInfo(one.time_zone), one.currency, called)
    for entry in one.pending:
        if entry.number in ours:
            yield f"Entry {entry.number} awaits a decision: {entry.body.words(say)}{_when(entry, say.zone)}."
    if rest := sum(entry.number not in ours for entry in one.pending):
        awaits = "awaits a decision" if rest == 1 else "await decisions"
        yield f"{format_count(rest, 'entry', 'entries')} about other months {awaits}."


def _when(entry: Entry, zone: ZoneInfo) -> str:
    body = entry.body
    return f", {format_stretch(body.start_ms, body.end_ms, zone)}" if isinstance(body, Timed) else ""


def _late(one: ContractAssessment) -> Iterator[str]:
    """Entries that move figures and were made when the month was over. Figures and tickets come in then."""
    late = [entry for entry in _moving_figures(one) if entry.at_ms >= one.period.end_ms]
    for kind, count in sorted(Counter(entry.body.kind for entry in late).items()):
        numbers = [str(entry.number) for entry in late if entry.body.kind == kind]
        more = [f"{count - NAMED_AT_MOST} more"] if count > NAMED_AT_MOST else []
        which = format_list([*numbers[:NAMED_AT_MOST], *more])
        noun = "entry" if count == 1 else "entries"
        yield f"Made after the month had ended: {describe_id(kind)}, {noun} {which}."


def _moving_figures(one: ContractAssessment) -> Iterator[Entry]:
    """The entries about a month that move figures: to take a comment back moves none, whose ever it was."""
    others, zone = Others(one.entries), ZoneInfo(one.time_zone)
    for entry in one.entries:
        about = entry.body.subject()
        if entry.body.changes_figures and (about is None or first_changed(entry.body, zone, others, 0) is not None):
            yield entry
