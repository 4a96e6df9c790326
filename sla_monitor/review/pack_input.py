"""PackInput: everything that a pack is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import ContractAssessment, Figure, KpiAssessment, Outage
from sla_monitor.assess.open_points import leaves_at_most
from sla_monitor.contract.contract import TermsVersion
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.terms import Terms
from sla_monitor.document import Inputs
from sla_monitor.periods.intervals import Intervals, intersect, normal, subtract
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.review.blocks import Cell
from sla_monitor.review.recalculated import RecalculatedMonth
from sla_monitor.review.retention import Retention
from sla_monitor.sla.money.charges import split
from sla_monitor.sla.observation import Observation, Outcome, Reason
from sla_monitor.sla.results import CapResult, CreditLine, KpiResult, PeriodResult
from sla_monitor.sla.rounding import minor_units
from sla_monitor.sla.spans import Span
from sla_monitor.wording.instants import format_instant, format_stretch
from sla_monitor.wording.numbers import format_money
from sla_monitor.wording.sights import describe_end
from sla_monitor.wording.vocabulary import describe_cap

Copy = Literal["authority", "supplier"]
FirstFailures: TypeAlias = Mapping[tuple[str, int], Observation]
"""The first failed probe of each endpoint, by its id, in each outage, by its start."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that goes with a pack: its name, what it is, and its SHA-256 in hex."""

    name: str
    what: str
    digest: str


@dataclass(frozen=True, slots=True)
class PackInput:
    """One contract in one month, with all that its pack says.

    `terms` are those in force at the month's end. `register`: what stands of the whole register. `digest`: SHA-256 of
    the assessment in JSON; `figures_digest`: of its figures alone, which are the same in every copy; `inputs`: the
    digests of what it was worked out from, as that says them. `program`: what made the pack, with its version.
    `first_failures` is None where the evidence has no single observations with what they said. `head`: the head of the
    record's chain when the pack was made, signed if there is a key; empty where there is no ledger, or no closed link
    yet. `versions`: all of the contract's terms, oldest first. `handed`: what is in the folder beside the pack and was
    not made of it. `charges_worked_out`: how each of the month's charges comes about, by service.
    `recalculated`: closed months that came out otherwise while this one ran, as the record has it.
    """

    assessment: ContractAssessment
    terms: Terms
    register: EffectiveEntries = field(default_factory=EffectiveEntries)
    digest: str = ""
    inputs: Inputs | None = None
    program: str = "sla-monitor"
    copy: Copy = "authority"
    first_failures: FirstFailures | None = None
    unseen: Unseen = field(default_factory=dict)
    head: str = ""
    figures_digest: str = ""
    retention: Retention = field(default_factory=Retention)
    handed: tuple[Handed, ...] = ()
    versions: tuple[TermsVersion, ...] = ()
    charges_worked_out: Mapping[str, str] = field(default_factory=dict)
    recalculated: tuple[RecalculatedMonth, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return self.terms.time_zone

    @property
    def month(self) -> str:
        return self.assessment.period.name

    @property
    def cut_off_ms(self) -> int:
        """Up to when is told: a later making of the same month must not differ."""
        return min(self.assessment.at_ms, self.assessment.period.end_ms)

    @property
    def is_closed(self) -> bool:
        return self.assessment.status != "running"

    @property
    def result(self) -> PeriodResult | None:
        return self.assessment.result

    @property
    def months(self) -> tuple[PeriodResult, ...]:
        """All months on record, oldest first, this one last."""
        return (*self.assessment.earlier, *((self.result,) if self.result else ()))

    def money(self, amount: Decimal) -> Cell:
        return Cell(format_money(amount, self.assessment.currency), amount)

    def at(self, at_ms: int | None) -> str:
        return "" if at_ms is None else format_instant(at_ms, self.zone)

    def service_name(self, service: str) -> str:
        """A service of the terms by its name for people."""
        return next((one.name or one.id for one in self.terms.services if one.id == service), service)

    def participant_name(self, participant: str) -> str:
        """A participant of the terms by its name for people."""
        return next((one.name or one.id for one in self.terms.participants if one.id == participant), participant)

    def at_cell(self, at_ms: int | None) -> Cell:
        return Cell(self.at(at_ms), moments=() if at_ms is None else (self.wall(at_ms),))

    def stretch_cell(self, start_ms: int, end_ms: int | None) -> Cell:
        """From when to when; `end_ms` None: it goes on."""
        edges = (start_ms,) if end_ms is None else (start_ms, end_ms)
        return Cell(format_stretch(start_ms, end_ms, self.zone), moments=tuple(map(self.wall, edges)))

    def outage_cell(self, outage: Outage) -> Cell:
        """From when to when an outage was, and whether its end was seen."""
        cell = self.stretch_cell(outage.start_ms, outage.end_ms)
        return replace(cell, text=describe_end(cell.text, is_seen=outage.end_seen))

    def wall(self, at_ms: int) -> datetime:
        """An instant in the contract's zone."""
        return datetime.fromtimestamp(at_ms // 1000, self.zone)

    def called(self, kpi: str, title: str) -> str:
        """A KPI by its title, and its id behind that."""
        return f"{title} ({kpi})" if title not in {"", kpi} else kpi

    def cap_name(self, cap: CapResult) -> str:
        """A cap in words, with what it limits together and, if it is a service's own, the service."""
        over = next((one.over for one in self.terms.caps if one.id == cap.cap), "")
        return f"{describe_cap(cap.cap, over)}{f', {self.service_name(cap.scope)}' if cap.scope else ''}"

    def leaves_at_most(self, cap: CapResult) -> bool:
        return leaves_at_most(self.assessment, self.terms, cap)

    def failed(self) -> Iterator[KpiAssessment]:
        """The KPIs that missed their target, in the contract's order; in a running month, those that would."""
        return (kpi for kpi in self.assessment.kpis if kpi.is_kept is False)

    def money_by_kpi(self) -> dict[str, Decimal]:
        """What each KPI costs before caps. A credit for points of several KPIs is shared out by their points."""
        costs: dict[str, Decimal] = {}
        for line in self.result.credit.lines if self.result else ():
            for name, part in self.parts_of(line).items():
                costs[name] = costs.get(name, Decimal(0)) + part
        return costs

    def parts_of(self, line: CreditLine) -> dict[str, Decimal]:
        """A line's amount by KPI; empty for a line that is no KPI's."""
        shares = {line.kpi: Decimal(1)} if line.kpi else self.points_of(line.rule)
        return split(line.amount, shares, minor_units(self.assessment.currency)) if shares else {}

    def points_of(self, rule: str) -> dict[str, Decimal]:
        """Those that a rule prices, by KPI. What is no price of points (an occurrence, a misreport, money that was
        earned back) is no KPI's."""
        credit = next((one for one in self.terms.credits if one.id == rule and one.prices_points), None)
        if credit is None:
            return {}
        named, results = credit.named_kpis, self.result.kpis if self.result else ()
        priced = (one for one in results if one.is_priced and one.points and (not named or one.kpi in named))
        return {one.kpi: Decimal(one.points.numerator) / one.points.denominator for one in priced}


def figure_of(kpi: KpiAssessment, view: Literal["gross", "claimed", "agreed"] = "agreed") -> Figure:
    return kpi.views.get(view, Figure(None))


def own_value(kpi: KpiAssessment) -> Fraction | None:
    """What was measured, and not what the supplier says; None where the supplier's is the only figure."""
    if kpi.submitted is None:
        return figure_of(kpi).value
    return None if kpi.difference is None else kpi.submitted - kpi.difference


def counted_value(kpi: KpiAssessment) -> Fraction | None:
    """The figure that counts: after averaging and the contract's source of truth where it is priced."""
    return kpi.result.value if kpi.result is not None else figure_of(kpi).value


def history(case: PackInput, kpi: KpiTerms, months: int = 12) -> list[tuple[str, KpiResult | None]]:
    """The KPI's results of the last so many months on record, this one last."""
    return [(past.month, past.kpi(kpi.id)) for past in case.months[-months:]]


Unseen: TypeAlias = Mapping[Reason | None, Intervals]
"""By reason, when at least one endpoint was probed in vain; None: when no endpoint was probed, or the
evidence does not say why it saw nothing."""


class Spans(Protocol):
    """Evidence, as far as it is asked here."""

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]: ...


def unseen(assessment: ContractAssessment, source: Spans) -> Unseen:
    """Of the month up to the assessment. Time before anything at all was seen is nobody's fault."""
    start_ms, end_ms = assessment.period.start_ms, min(assessment.period.end_ms, assessment.at_ms)
    seen = source.spans(start_ms, end_ms)
    spans = [span for key, several in seen.items() if key.startswith(f"{assessment.contract}/") for span in several]
    whole = [(start_ms, end_ms)]
    found: dict[Reason | None, Intervals] = {}
    for reason in sorted({span.reason for span in spans if span.outcome is Outcome.UNKNOWN and span.reason}):
        found[reason] = intersect(whole, _times([span for span in spans if _is(span, reason)]))
    if spans:
        begun_ms = max(start_ms, min(span.start_ms for span in spans))
        told = [span for span in spans if span.reason or span.outcome is not Outcome.UNKNOWN]
        found[None] = subtract([(begun_ms, end_ms)], _times(told))
    return found


def _is(span: Span, reason: Reason) -> bool:
    return span.outcome is Outcome.UNKNOWN and span.reason is reason


def _times(spans: Sequence[Span]) -> Intervals:
    return normal((span.start_ms, span.end_ms) for span in spans)
