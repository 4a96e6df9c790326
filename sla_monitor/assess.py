"""Contract + ledger + sla -> Assessment: the one value that everyone who tells anything reads."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.period import Period


@dataclass(frozen=True, slots=True)
class Outage:
    """A run of DOWN after the contract's confirmation rule, on a service.

    `end_ms` is None while it is open; `downtime_ms` is the part that counts so far: inside the period and the
    service hours. `endpoints` are the ids of those that were down in it.
    """

    start_ms: int
    end_ms: int | None
    downtime_ms: int
    reason: Reason | None
    endpoints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceAssessment:
    """One service in one period so far. All times in milliseconds of agreed service time.

    agreed_ms = up + degraded + downtime_ms + unknown_ms up to the assessment; `period_agreed_ms` is the agreed
    time of the whole period, to its end. Ratios are None where their denominator is nothing: unknown is never
    a number. `outages` sum to `downtime_ms`.
    """

    service: str
    name: str
    criticality: str
    participants: tuple[str, ...]
    state: Outcome
    agreed_ms: int
    period_agreed_ms: int
    downtime_ms: int
    unknown_ms: int
    outages: tuple[Outage, ...]

    @property
    def observed_ms(self) -> int:
        return self.agreed_ms - self.unknown_ms

    @property
    def availability_ratio(self) -> Fraction | None:
        return Fraction(self.observed_ms - self.downtime_ms, self.observed_ms) if self.observed_ms else None

    @property
    def coverage_ratio(self) -> Fraction | None:
        return Fraction(self.observed_ms, self.agreed_ms) if self.agreed_ms else None

    @property
    def open_outage(self) -> Outage | None:
        return self.outages[-1] if self.outages and self.outages[-1].end_ms is None else None


@dataclass(frozen=True, slots=True)
class KpiAssessment:
    """An availability KPI so far. `allowance_ms`: the downtime that the whole period may have at the target
    (exact; a Fraction of milliseconds). `is_met` is None while nothing was observed."""

    kpi: str
    title: str
    clause: str
    service: ServiceAssessment
    target_ratio: Fraction
    allowance_ms: Fraction
    is_assessable: bool

    @property
    def allowance_left_ms(self) -> Fraction:
        return self.allowance_ms - self.service.downtime_ms

    @property
    def is_met(self) -> bool | None:
        ratio = self.service.availability_ratio
        return None if ratio is None else ratio >= self.target_ratio


@dataclass(frozen=True, slots=True)
class ContractAssessment:
    """One contract's running period."""

    contract: str
    title: str
    note: str
    authority: str
    supplier: str
    currency: str
    time_zone: str
    period: Period
    terms_from_ms: int
    terms_reference: str
    services: tuple[ServiceAssessment, ...]
    kpis: tuple[KpiAssessment, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything the contracts say about their running periods, as seen at `at_ms`."""

    at_ms: int
    contracts: tuple[ContractAssessment, ...]
