"""The Assessment: one contract in one month, as plain frozen data with its working. All outputs read it.

Times are milliseconds of agreed service time unless they are instants (`start_ms`, `end_ms`, `at_ms`: UTC).
Ratios are None where their denominator is nothing: unknown is never a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sla_monitor.assess.deadlines import Deadline
from sla_monitor.assess.due_obligations import Obligations
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.maintenance import AllowanceOver
from sla_monitor.periods.edges import Period
from sla_monitor.periods.intervals import Intervals, intersect, length, subtract
from sla_monitor.register.entries import Entry
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.downtime import Seconds
from sla_monitor.sla.money.recovery import CreditAccount
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.results import KpiResult, PeriodResult
from sla_monitor.sla.working import Working

if TYPE_CHECKING:
    from sla_monitor.assess.reconciliation import Reconciliation

View: TypeAlias = Literal["gross", "claimed", "agreed"]
"""gross: nothing is excluded. claimed: as if every claim and booking were granted. agreed: only what was granted; this
is the one that is priced."""

VIEWS: tuple[View, ...] = ("gross", "claimed", "agreed")

Status: TypeAlias = Literal["running", "provisional", "final"]
"""running: the month goes on. provisional: it has ended and nobody has signed. final: signed off in the register."""


class PlaceSight(NamedTuple):
    """What one site saw of an endpoint in the `whole_ms` of an outage: down, and nothing; in the rest it was up."""

    endpoint: str
    site: str
    whole_ms: int
    down_ms: int
    unseen_ms: int

    @property
    def outcome(self) -> Outcome:
        """DOWN: it saw some of the outage. UP: it saw something, and none of it."""
        if self.down_ms:
            return Outcome.DOWN
        return Outcome.UP if self.unseen_ms < self.whole_ms else Outcome.UNKNOWN

    def then(self, later: PlaceSight) -> PlaceSight:
        """Both parts of an outage."""
        times_ms = map(sum, zip(self[2:], later[2:], strict=True))
        return PlaceSight(self.endpoint, self.site, *times_ms)


class PlaceTime(NamedTuple):
    """What one site saw of an endpoint in a service's agreed time so far. `down_ms`: in outages that it confirmed;
    `outvoted_ms`: the part of that in which the contract's quorum of places did not see it down."""

    endpoint: str
    site: str
    agreed_ms: int
    observed_ms: int
    down_ms: int
    outvoted_ms: int

    @property
    def coverage_ratio(self) -> Fraction | None:
        return Fraction(self.observed_ms, self.agreed_ms) if self.agreed_ms else None

    def then(self, later: PlaceTime) -> PlaceTime:
        """Both parts of a period."""
        times_ms = map(sum, zip(self[2:], later[2:], strict=True))
        return PlaceTime(self.endpoint, self.site, *times_ms)


class Outage(NamedTuple):
    """A run of DOWN after the contract's confirmation rule, on a service.

    `end_ms` is None while it is open. `downtime_ms` is the part that counts so far: inside the period and the
    service hours and not excluded (agreed view); `gross_ms` is the same with nothing excluded. `endpoints` are the
    ids of those that were down in it; `entries` the numbers of the register entries that touch it. Of a KPI's outage
    all times are by its own way of counting, and `claimed_ms` is that of the claimed view. `places`: what each site saw
    of the endpoints that several places probe. `end_seen` is False where nothing was seen when it ended: it was down
    until then at least.
    """

    start_ms: int
    end_ms: int | None
    downtime_ms: int
    reason: Reason | None
    endpoints: tuple[str, ...]
    gross_ms: int = 0
    entries: tuple[int, ...] = ()
    claimed_ms: int = 0
    places: tuple[PlaceSight, ...] = ()
    end_seen: bool = True


@dataclass(frozen=True, slots=True)
class Excluded:
    """Time that somebody says should not count, inside the period. `granted`: in the agreed view; `why` says why not,
    or what was granted ("decision 12", "beyond the allowance of 10h", "booked 3 Working Days before, 5 are asked").
    `kpis`: only for these; none: for all."""

    start_ms: int
    end_ms: int
    entry: int
    kind: Literal["maintenance", "claim"]
    granted: bool
    is_pending: bool
    why: str
    kpis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BookedStretch:
    """A stretch of booked maintenance that runs or is to come: `[start_ms, end_ms)` of entry `booking`, for some
    services. `is_silenced`: nobody is called in it, because the figures leave it out; `why` says why it does, or not.
    `loud_kpis`: KPIs of these services that count it all the same, and of which somebody is told."""

    booking: int
    reference: str
    services: tuple[str, ...]
    start_ms: int
    end_ms: int
    is_silenced: bool
    why: str
    loud_kpis: tuple[str, ...] = ()

    def silences(self, service: str, at_ms: int) -> bool:
        """Whether nobody is called about a service then."""
        return self.is_silenced and service in self.services and self.start_ms <= at_ms < self.end_ms


@dataclass(frozen=True, slots=True)
class AllowanceUse:
    """An allowance of maintenance at the end of the month: `used_ms` of it is taken by what is booked and permitted.
    `services`: those that share it. `over`: what it is for."""

    services: tuple[str, ...]
    over: AllowanceOver
    allowance_ms: int
    used_ms: int

    @property
    def left_ms(self) -> int:
        return self.allowance_ms - self.used_ms


@dataclass(frozen=True, slots=True)
class Lanes:
    """What a timeline of a service draws, all inside the period: disjoint, ascending, half-open intervals (UTC ms).

    `hours`: agreed service time. up + degraded + down + unknown tile the hours up to the assessment, before anything
    is excluded; `excluded` is the agreed view's.
    """

    hours: Intervals
    up: Intervals
    degraded: Intervals
    down: Intervals
    unknown: Intervals
    excluded: Intervals


@dataclass(frozen=True, slots=True)
class ImpactCost:
    """What a service's downtime cost the authority. It is reported, and no credit, cap or trigger reads it."""

    amount: Decimal
    working: Working


@dataclass(frozen=True, slots=True)
class ServiceAssessment:
    """One service in one period so far, agreed view.

    agreed_ms = up + degraded + downtime_ms + unknown_ms + excluded_ms up to the assessment; `period_agreed_ms` is the
    agreed time of the whole period, to its end. `outages` sum to `downtime_ms`, and their gross parts to
    `gross_downtime_ms`. `imported_ms`: agreed time in which what is known of any endpoint was brought in from
    elsewhere. `is_probed`: whether it has had an endpoint in the period. `impact_cost` None: the terms give no price.
    `places`: what each site saw, of the endpoints that several places probe.
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
    degraded_ms: int = 0
    excluded_ms: int = 0
    gross_downtime_ms: int = 0
    excluded: tuple[Excluded, ...] = ()
    lanes: Lanes | None = None
    imported_ms: int = 0
    is_probed: bool = True
    impact_cost: ImpactCost | None = None
    places: tuple[PlaceTime, ...] = ()

    @property
    def observed_ms(self) -> int:
        return self.agreed_ms - self.unknown_ms

    @property
    def counted_ms(self) -> int:
        """The time that counts: neither excluded nor unseen."""
        return self.observed_ms - self.excluded_ms

    @property
    def availability_ratio(self) -> Fraction | None:
        return Fraction(self.counted_ms - self.downtime_ms, self.counted_ms) if self.counted_ms else None

    @property
    def coverage_ratio(self) -> Fraction | None:
        """None: it has no hours yet, or no endpoint and nothing on record: whoever asks nothing misses no answer."""
        is_seen = self.is_probed or self.observed_ms
        return Fraction(self.observed_ms, self.agreed_ms) if self.agreed_ms and is_seen else None

    @property
    def watched_coverage_ratio(self) -> Fraction | None:
        """The same since the period's first observation: a monitor that was put up in mid-month missed nothing before
        it. None until there is one."""
        if self.lanes is None or not self.observed_ms:
            return None
        seen = (*self.lanes.up, *self.lanes.degraded, *self.lanes.down)
        first_ms = min((start_ms for start_ms, _ in seen), default=None)
        if first_ms is None:
            return None
        before_ms = length(intersect(subtract(self.lanes.unknown, self.lanes.excluded), [(0, first_ms)]))
        watched_ms = self.agreed_ms - before_ms
        return Fraction(self.observed_ms, watched_ms) if watched_ms > 0 else None

    @property
    def open_outage(self) -> Outage | None:
        return self.outages[-1] if self.outages and self.outages[-1].end_ms is None else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A KPI's figure in one view, in the KPI's unit. `points` are the band's own, before repeats. `downtime_ms` and
    `base_ms` (the time that counts) are for availability. `seconds`: every class of time, for availability."""

    value: Fraction | None
    rounded: Fraction | None = None
    band: str | None = None
    is_met: bool | None = None
    points: Fraction = Fraction(0)
    downtime_ms: Fraction | None = None
    base_ms: Fraction | None = None
    seconds: Seconds | None = None
    working: Working = ()


NO_FIGURE = Figure(None)


@dataclass(frozen=True, slots=True)
class KpiForecast:
    """What the rest of the period may bring to an availability KPI.

    `burn_rate`: downtime so far over the allowance for the time so far (1: exactly used up at the end). `runs_out_ms`:
    when the allowance is used up at the present rate, `trailing_runs_out_ms` at the rate of the last seven days; None:
    not in this period. `best` and `worst`: the figure if nothing, or everything, is down from now on.
    """

    burn_rate: Fraction | None
    trailing_burn_rate: Fraction | None
    runs_out_ms: int | None
    trailing_runs_out_ms: int | None
    best: Figure
    worst: Figure


@dataclass(frozen=True, slots=True)
class KpiAssessment:
    """A KPI in the measurement period that holds the month.

    `service`: for an availability KPI. `allowance_ms`: the downtime that the whole period may have at the target
    (exact; a Fraction of milliseconds). `result`: agreed view with repeats and points; None while the measurement
    period does not end in this month. `submitted`: the supplier's figure; `difference`: supplier's less ours.
    `outages`: what an availability's downtime is made of, from the beginning of the measurement period on.
    `is_of_nothing`: nothing has happened that counts, and the figures are what the contract says of that.
    """

    kpi: str
    title: str
    clause: str
    service: ServiceAssessment | None
    target_ratio: Fraction
    allowance_ms: Fraction
    is_assessable: bool
    terms: Kpi | None = None
    period: Period | None = None
    views: Mapping[View, Figure] = field(default_factory=dict)
    submitted: Fraction | None = None
    difference: Fraction | None = None
    coverage_ratio: Fraction | None = None
    result: KpiResult | None = None
    forecast: KpiForecast | None = None
    outages: tuple[Outage, ...] = ()
    is_of_nothing: bool = False

    @property
    def service_id(self) -> str:
        """The service's name in labels; empty for a KPI of no service."""
        return self.service.service if self.service else (self.terms.service or "" if self.terms else "")

    @property
    def _agreed(self) -> Figure:
        return self.views.get("agreed", NO_FIGURE)

    @property
    def availability_ratio(self) -> Fraction | None:
        """Of the measurement period so far, by the KPI's own way of counting, agreed view."""
        if self._agreed.base_ms is None:
            return self.service.availability_ratio if self.service else None
        base_ms = self._agreed.base_ms
        return (base_ms - (self._agreed.downtime_ms or 0)) / base_ms if base_ms else None

    @property
    def downtime_ms(self) -> Fraction:
        """The same way of counting."""
        if self._agreed.downtime_ms is None:
            return Fraction(self.service.downtime_ms if self.service else 0)
        return self._agreed.downtime_ms

    @property
    def allowance_left_ms(self) -> Fraction:
        return self.allowance_ms - self.downtime_ms

    @property
    def is_met(self) -> bool | None:
        """By the band where there is one; a figure that is not assessable is still above its target, or below."""
        if self._agreed.is_met is not None:
            return self._agreed.is_met
        ratio = self.availability_ratio
        if ratio is not None and self.terms is not None and self.terms.unit == "minutes":
            return self.allowance_left_ms >= 0
        return None if ratio is None else ratio >= self.target_ratio

    @property
    def is_kept(self) -> bool | None:
        """Whether its promise is kept, as priced or, before its measurement period ends, as it stands. None: nobody can
        say."""
        if self.result is not None:
            return self.result.is_met
        return self._agreed.is_met if self.is_assessable else None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Points and money of the month if it ended like this, and what would be set off. Where charges are withheld in
    place of credits, there may be no points."""

    points: Fraction
    credit: Decimal
    triggers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """A running month's points and money: as it stands, at best and at worst."""

    now: Outlook
    best: Outlook
    worst: Outlook


@dataclass(frozen=True, slots=True)
class Restatement:
    """A signed month whose figures are others now. `because`: the numbers of the entries made since the sign-off that
    are about it or about a month before it. `before`: what it comes to by the entries up to the sign-off alone; where
    that is not what was signed, something else than the register has changed."""

    signed: Entry
    points: Fraction
    credit: Decimal
    because: tuple[int, ...]
    before: PeriodResult | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What was brought in from elsewhere and counts in the period: how much agreed time of each service, by its id."""

    record: Import
    services: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has an outage that goes on in hand. `endpoint` is empty where it is the service's. `by` and `text` are
    what they wrote, by the register's entry `entry`."""

    entry: int
    at_ms: int
    by: str
    text: str
    service: str
    endpoint: str = ""
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ContractAssessment:
    """One contract in one month. `starts_on` and `ends_on`: the first and the last day of its term;
    `total_value`: what it is worth over the term, if the terms say so.

    `result`: points, credits, caps and triggers of the month (agreed view); `earlier`: those of the months before,
    oldest first. `accounting`: the way of counting, in words, a line each. `entries`: what the register says about
    this month; `excused`: by KPI, the ids of the tickets that granted claims leave out of it; `pending`: all entries
    that await a decision. `shares`: each participant's part of the credit.
    `shares_working`: how each comes about.
    `register_number`: the last entry that was read. `triggers`: the ids of all that the terms have.
    `missing_figures`: (KPI, month) for which a party owes a figure of a month that has ended. `report_due_ms`: when
    the report on the month before this one is due. `probe_after_term`: whether probing goes on once the term is over.
    `reconciliation`: against the supplier's own outage list, where one is kept; for the running month, or else for the
    newest month that has one.
    `clock_moves`: when the clock by which all was seen was set, or the host slept.
    `imports`: what was brought in from elsewhere and counts here.
    `allowances`: what is left of those that bookings use up, of a month or a year.
    `participants`: the names of those whom the contract serves, by id.
    `booked`: maintenance from now to the end of next month, in the running month alone.
    `acknowledged`: the outages that somebody has in hand now; no figure depends on them.
    `obligations`: the duties that are due in the month, late or ahead; `deadlines`: reports, reviews and claims from
    today on, in the running month alone. `recovery`: what became of the credits of the months that are over. No figure
    depends on these either.
    """

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
    starts_on: date
    ends_on: date
    total_value: Decimal | None = None
    at_ms: int = 0
    status: Status = "running"
    result: PeriodResult | None = None
    earlier: tuple[PeriodResult, ...] = ()
    forecast: Forecast | None = None
    accounting: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    excused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pending: tuple[Entry, ...] = ()
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    shares_working: Mapping[str, Working] = field(default_factory=dict)
    claim_by: date | None = None
    restatement: Restatement | None = None
    register_number: int = 0
    triggers: tuple[str, ...] = ()
    missing_figures: tuple[tuple[str, str], ...] = ()
    report_due_ms: int | None = None
    probe_after_term: bool = False
    reconciliation: Reconciliation | None = None
    clock_moves: tuple[ClockMove, ...] = ()
    imports: tuple[Imported, ...] = ()
    allowances: tuple[AllowanceUse, ...] = ()
    participants: Mapping[str, str] = field(default_factory=dict)
    booked: tuple[BookedStretch, ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()
    obligations: Obligations = Obligations()  # noqa: RUF009 - frozen
    deadlines: tuple[Deadline, ...] = ()
    recovery: CreditAccount = CreditAccount()  # noqa: RUF009 - frozen

    @property
    def gives_points(self) -> bool:
        """Whether any result costs service points, now or in a month on record: else their nought says nothing."""
        months = (*self.earlier, *((self.result,) if self.result else ()))
        return any(kpi.terms and kpi.terms.gives_points for kpi in self.kpis) or any(month.points for month in months)


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything the contracts say about their running periods, as seen at `at_ms`."""

    at_ms: int
    contracts: tuple[ContractAssessment, ...]
