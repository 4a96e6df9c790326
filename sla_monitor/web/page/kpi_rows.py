"""The KPIs of a contract as the status page shows them: which are missed, which are near it, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sla_monitor.assess import KpiAssessment
from sla_monitor.assess.assessment import VIEWS
from sla_monitor.assess.open_points import is_assessed
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.sla.observation import Outcome
from sla_monitor.wording.figures import NO_FIGURE, format_figure, format_target
from sla_monitor.wording.instants import format_minute
from sla_monitor.wording.numbers import format_ordinal, format_points, format_ratio
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import MET, MISSED, NO_FIGURE_YET, NOT_ASSESSABLE, describe_id

NEAR_RATIO = Fraction(1, 4)
"""With less than this of its allowance left, a KPI is near to being missed."""

At = tuple[ZoneInfo, int]
"""The contract's zone, and now in milliseconds."""


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One KPI. `state` is how bad it is, as a service's state would say it; `outlook` what is coming."""

    title: str
    clause: str
    state: Outcome
    word: str
    target: str
    gross: str
    claimed: str
    agreed: str
    points: str
    outlook: str
    coverage: str
    anchor: str
    address: str

    @property
    def is_in_danger(self) -> bool:
        return self.state in {Outcome.DOWN, Outcome.DEGRADED}


def kpi_rows(kpis: Iterable[KpiAssessment], contract: str, at: At) -> tuple[KpiRow, ...]:
    """Every KPI whose terms are known, in the contract's order."""
    return tuple(_row(kpi, kpi.terms, contract, at) for kpi in kpis if kpi.terms is not None)


def _row(kpi: KpiAssessment, terms: Kpi, contract: str, at: At) -> KpiRow:
    state, word = kpi_state(kpi)
    shown = {view: format_figure(figure.value, terms) for view, figure in kpi.views.items()}
    gross, claimed, agreed = (shown.get(view, NO_FIGURE) for view in VIEWS)
    return KpiRow(
        title=plain(kpi.title or kpi.kpi),
        clause=plain(kpi.clause),
        state=state,
        word=word,
        target=format_target(terms),
        gross=gross,
        claimed=claimed,
        agreed=agreed,
        points=format_points(kpi.result.points) if kpi.result and is_assessed(kpi) else "",
        outlook=outlook(kpi, at),
        coverage=format_ratio(kpi.coverage_ratio) if kpi.coverage_ratio is not None else "",
        anchor=f"{contract}--{kpi.service_id}" if kpi.service else "",
        address=f"/services/{quote(contract)}/{quote(kpi.service_id)}" if kpi.service else "",
    )


def kpi_state(kpi: KpiAssessment) -> tuple[Outcome, str]:
    """How a KPI stands so far: as bad as a service that is down when it is missed, degraded when a miss is near."""
    agreed = kpi.views.get("agreed")
    if agreed is None or agreed.value is None or kpi.is_of_nothing:
        return Outcome.UNKNOWN, NO_FIGURE_YET
    if not kpi.is_assessable:
        return Outcome.UNKNOWN, NOT_ASSESSABLE
    band = describe_id(plain(agreed.band or "")).capitalize()
    if agreed.is_met is False:
        return Outcome.DOWN, band or MISSED
    return (Outcome.DEGRADED, f"{band or MET}, near") if _is_near(kpi) else (Outcome.UP, band or MET)


def outlook(kpi: KpiAssessment, at: At) -> str:
    """What is coming, in words: a repeat, when the allowance is used up, or how it ends at best."""
    said = []
    if kpi.result and kpi.result.is_repeat:
        said.append(f"{format_ordinal(kpi.result.failures_in_a_row)} failure in a row")
    runs_out_ms = _runs_out_ms(kpi)
    if kpi.service and kpi.is_assessable and kpi.allowance_left_ms < 0:
        said.append("allowance used up")
    elif runs_out_ms is not None:
        said.append(f"at this rate the allowance lasts until {format_minute(runs_out_ms, *at)}")
    said += _end(kpi)
    if kpi.difference:
        said.append("the supplier's figure differs")
    return "; ".join(said)


def _end(kpi: KpiAssessment) -> Iterator[str]:
    """How the period may end at best, where that is not what everybody expects; an allowance says it in other words."""
    if kpi.forecast is None or kpi.terms is None:
        return
    best = kpi.forecast.best
    if best.value is not None and (best.is_met is False or not kpi.service):
        still = ", still missed" if best.is_met is False else ""
        yield f"if nothing more goes wrong, {format_figure(best.value, kpi.terms)}{still}"
    elif not kpi.service:
        yield "not forecast"


def _is_near(kpi: KpiAssessment) -> bool:
    """Whether a KPI that is met so far may not be at the period's end."""
    is_nearly_used = kpi.service is not None and kpi.allowance_left_ms < kpi.allowance_ms * NEAR_RATIO
    return is_nearly_used or _runs_out_ms(kpi) is not None


def _runs_out_ms(kpi: KpiAssessment) -> int | None:
    """When the allowance is used up, at the rate of the whole period or of the last days, whichever is sooner."""
    if kpi.forecast is None or not kpi.is_assessable:
        return None
    found = (kpi.forecast.runs_out_ms, kpi.forecast.trailing_runs_out_ms)
    return min((ms for ms in found if ms is not None), default=None)


def tally(rows: Iterable[KpiRow]) -> str:
    """`1 missed, 1 near, 6 met, 1 not assessable, 2 no figure yet`; what there is none of is left out."""
    return tally_of((row.state, row.word) for row in rows)


def tally_of(found: Iterable[tuple[Outcome, str]]) -> str:
    """The same for KPIs of which only `kpi_state` is known."""
    said = {Outcome.DOWN: "missed", Outcome.DEGRADED: "near", Outcome.UP: "met"}
    several = [said.get(state, word.lower()) for state, word in found]
    words = (*said.values(), NOT_ASSESSABLE.lower(), NO_FIGURE_YET.lower())
    return ", ".join(f"{several.count(word):,} {word}" for word in words if word in several)
