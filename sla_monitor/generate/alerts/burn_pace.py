"""Which burn-rate alerts make sense for a KPI: each can fire, and no single failed probe can trip one.

The figures are for periods of 30 days a month and for whole weeks' hours, like the advice on contract files:
otherwise rules would come and go with the calendar. The rules themselves compare with the allowance of the running
period.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.fields import rounded_duration, spelled_duration
from sla_monitor.contract.kpis.kpi import AvailabilityKpi
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.contract.usual_month import agreed_in_30_days_ms, longest_agreed_ms
from sla_monitor.settings import Alerting, Burn

PAGE, TICKET = "page", "ticket"


@dataclass(frozen=True, slots=True)
class PaceRefusal:
    """A burn-rate alert that is not made: why, and what would help."""

    contract: str
    kpi: str
    alert: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.contract}: {self.kpi}: no burn-rate {self.alert}: {self.why} ({self.remedy})"


def allowance_ms(terms: Terms, kpi: AvailabilityKpi) -> Fraction:
    """The downtime that a period of the KPI may have."""
    return (1 - kpi.target_ratio) * agreed_in_30_days_ms(terms, _service(terms, kpi)) * kpi.measurement_months


def can_fire(terms: Terms, kpi: AvailabilityKpi, burn: Burn) -> bool:
    """Whether an outage of the whole window would use so much of the allowance up."""
    share = allowance_ms(terms, kpi) * Fraction(burn.share_percent) / 100
    return share < longest_agreed_ms(terms, _service(terms, kpi), burn.long_ms)


def live(terms: Terms, kpi: AvailabilityKpi, burns: tuple[Burn, ...]) -> list[Burn]:
    """The rates that the KPI can burn at."""
    return [burn for burn in burns if can_fire(terms, kpi, burn)]


def refusals(terms: Terms, alerting: Alerting) -> Iterator[PaceRefusal]:
    """The burn-rate alerts that are not made, by KPI."""
    for kpi in terms.availability_kpis:
        if not _service(terms, kpi).endpoints:
            continue
        for alert, burns in ((PAGE, alerting.page), (TICKET, alerting.ticket)):
            why = _why_not(terms, kpi, burns)
            if why:
                yield PaceRefusal(terms.id, kpi.id, alert, *why)


def _why_not(terms: Terms, kpi: AvailabilityKpi, burns: tuple[Burn, ...]) -> tuple[str, str] | None:
    possible, allowance = live(terms, kpi, burns), allowance_ms(terms, kpi)
    if not possible:
        longest_ms = max(burn.long_ms for burn in burns)
        most = 100 * longest_agreed_ms(terms, _service(terms, kpi), longest_ms) / allowance
        allowed = rounded_duration(allowance)
        why = f"no outage of {spelled_duration(longest_ms)} uses so much of its allowance of {allowed} up"
        return why, f"set a share below {float(most):.3g}, or a longer window, in the settings' alerting"
    tightest = min(Fraction(burn.share_percent) / 100 * allowance for burn in possible)
    for endpoint in _lone_endpoints(terms, kpi):
        lost_ms = endpoint.every_ms + endpoint.timeout_ms
        if terms.accounting.confirmation_failures == 1 and lost_ms >= tightest:
            why = (
                f"one failed probe at {endpoint.id}, {rounded_duration(lost_ms)} until the next, would be enough for it"
            )
            sooner = f", or let a probe take less than {rounded_duration(tightest)}" if tightest else ""
            return why, f"set accounting.confirmation to 2 or more{sooner}"
    return None


def _lone_endpoints(terms: Terms, kpi: AvailabilityKpi) -> tuple[Endpoint, ...]:
    """Those whose failure alone is the service's."""
    service = _service(terms, kpi)
    wanted, count = service.available_when, len(service.endpoints)
    is_alone = wanted in {"all", "weighted", count} or count == 1
    return service.endpoints if is_alone else ()


def _service(terms: Terms, kpi: AvailabilityKpi) -> Service:
    return next(service for service in terms.services if service.id == kpi.service)
