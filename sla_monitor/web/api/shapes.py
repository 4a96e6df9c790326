"""The shapes of the JSON beside the pages: what each key means stands below it. The OpenAPI document is made from here.

Instants are ISO 8601 in UTC, lengths of time whole milliseconds (probes: microseconds, of which a fast one has few),
ratios and figures exact. What is not known is null, and `why_null` of the same object says why.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sla_monitor.document.obligations import ObligationJson
from sla_monitor.document.recovery import CreditAccountJson
from sla_monitor.document.values import Money, Number, TimesJson

State = Literal["up", "degraded", "down", "unknown"]
Verdict = Literal["met", "near", "missed", "unknown"]


class WithReasons(TypedDict):
    """An object with keys that may be null."""

    why_null: dict[str, str]
    """Of every key that is null here, why."""


class ParticipantJson(TypedDict):
    """Somebody whom the contract serves."""

    id: str
    """Its id in the contract."""
    name: str
    """Its name."""


class MonthJson(TypedDict):
    """A service's running month so far, agreed view."""

    agreed_ms: int | None
    """Agreed service time of the month so far."""
    availability: Number | None
    """Part of the time that was seen and not excluded in which it was not down; 1 is all of it."""
    coverage: Number | None
    """Part of the agreed time that was seen."""
    downtime_ms: int | None
    """Time that counts as down."""
    unknown_ms: int | None
    """Agreed time that nobody saw."""
    outages: int | None
    """Confirmed outages of the month so far."""


class ServiceRowJson(MonthJson, WithReasons):
    """A service now and in the running month, agreed view."""

    url: str
    """Its page."""
    api_url: str
    """All that is known of it."""
    contract: str
    """The contract's id."""
    service: str
    """Its own id in the contract."""
    name: str
    """Its name."""
    contract_title: str
    """The contract's name."""
    supplier: str | None
    """Who delivers it."""
    time_zone: str | None
    """Time zone of the contract's days and months."""
    state: State
    """How it is."""
    since: str | None
    """Since when it is so."""
    reason: str | None
    """Why it is not up, in words."""
    detail: str | None
    """What an endpoint answered, or what was expected of it: text of the supplier, with what does not show replaced."""
    criticality: str | None
    """critical, high, medium or low."""
    participants: list[ParticipantJson] | None
    """Who has it; empty: everybody."""
    in_hand: list[str]
    """Who has an outage of it, or of one of its endpoints, in hand."""


class ServicesJson(WithReasons):
    """The services that an address selects, the worst first."""

    url: str
    """The page with the same ones."""
    assessed_at: str | None
    """When the figures were worked out."""
    total: int
    """All services, whatever is selected."""
    services: list[ServiceRowJson]
    """Those that are selected."""


class OutageRowJson(WithReasons):
    """An outage after the contract's rule of confirmation."""

    id: str
    """The same for as long as it is known: a tag URI."""
    url: str
    """The page of its service."""
    contract: str
    """The contract's id."""
    service: str
    """The service's id."""
    name: str
    """The service's name."""
    time_zone: str
    """Time zone of the contract's days and months."""
    began_at: str
    """Its start."""
    ended_at: str | None
    """Its end, exclusive."""
    end_seen: bool | None
    """false: nothing was seen when it ended; it lasted until then at least."""
    lasted_ms: int | None
    """From its start to its end."""
    counted_ms: int
    """The part that counts as downtime in the month so far, agreed view."""
    gross_ms: int
    """The same, with nothing excluded."""
    reason: str | None
    """Why, in words."""
    endpoints: list[str]
    """The ids of the endpoints that were down in it."""


class OutagesJson(WithReasons):
    """The outages of the running months of the services that an address selects, the latest first."""

    url: str
    """The page with the same services."""
    assessed_at: str | None
    """When they were worked out."""
    total: int
    """All of them, on every page."""
    outages: list[OutageRowJson]
    """Those of this page."""
    next: str | None
    """Where the earlier ones are."""


class PlaceNowJson(WithReasons):
    """How one of several places sees an endpoint."""

    place: str
    """The site's name; `main` is the collector's own."""
    state: State
    """How the endpoint is, seen from there."""
    is_cut_off: bool
    """Whether nothing came from there for longer than its next probe may take."""
    since: str | None
    """When that began."""
    reason: str | None
    """Why it is not up, in words."""
    detail: str | None
    """What it answered there: text of the supplier, with what does not show replaced."""
    probed_at: str | None
    """When the last probe from there began."""


class EndpointRowJson(WithReasons):
    """An endpoint by its last probe."""

    url: str
    """Its page."""
    api_url: str
    """All that is known of it."""
    endpoint: str
    """Its id in the contract."""
    name: str
    """Its name."""
    kind: str
    """The kind of its probes."""
    state: State
    """How it is."""
    reason: str | None
    """Why it is not up, in words."""
    detail: str | None
    """What it answered, or what was expected of it: text of the supplier, with what does not show replaced."""
    probed_at: str | None
    """When its last probe began."""
    took_us: int | None
    """How long that took, in microseconds."""
    failures_in_a_row: int | None
    """Probes in a row that failed, up to the last one, since the monitor started."""
    certificate_expires_at: str | None
    """When the first certificate of its chain expires."""
    seen_from: str | None
    """Where several places probe it: how they see it now, in words."""
    places: list[PlaceNowJson]
    """The same place by place; empty where the collector alone probes it."""


class DayJson(WithReasons):
    """A day in the contract's zone, so far. The times are apart from each other."""

    date: str
    """The day."""
    state: State | None
    """The worst that was seen of it."""
    availability: Number | None
    """Part of the time that was seen and not excluded in which it was not down; 1 is all of it."""
    up_ms: int | None
    """Up and well."""
    degraded_ms: int | None
    """Up and not well."""
    down_ms: int | None
    """Down, where it counts."""
    unknown_ms: int | None
    """Seen by nobody."""
    excluded_ms: int | None
    """Left out, as agreed."""
    median_us: int | None
    """Half of the answers came within this time, in microseconds; up to 3 % too long."""
    p95_us: int | None
    """95 % of the answers came within this time, in microseconds; up to 3 % too long."""


class MonthTimesJson(TypedDict):
    """How long answers took in a month."""

    month: str
    """2026-10."""
    answers: int
    """How many there were."""
    median_us: int
    """Half of them came within this time, in microseconds; up to 3 % too long."""
    p95_us: int
    """95 % of them came within this time, in microseconds; up to 3 % too long."""


class FailureJson(WithReasons):
    """A run of failed probes, with the evidence of the first."""

    url: str
    """The page of its endpoint."""
    endpoint: str
    """The endpoint's id."""
    site: str
    """The site that saw it; main: the collector's own."""
    began_at: str
    """The first failed probe."""
    ended_at: str | None
    """The first probe after it that found something else."""
    end_seen: bool | None
    """false: nothing was seen when it ended; it lasted until then at least."""
    reason: str | None
    """Why, in words."""
    probes: int | None
    """How many failed; null where the probes are not in the ledger."""
    took_us: int | None
    """How long the first one took, in microseconds."""
    phases_us: dict[str, int]
    """The phases that it came to, in microseconds."""
    status: int | None
    """The status that it was answered with."""
    detail: str | None
    """What was wrong with the answer: text of the supplier, with what does not show replaced."""
    answer: str | None
    """The answer's beginning, in the same way."""


class AcknowledgedJson(WithReasons):
    """Somebody has an outage that goes on in hand."""

    by: str
    """Who says so."""
    text: str
    """What they wrote."""
    at: str
    """When."""
    endpoint: str | None
    """Of which endpoint."""
    until: str | None
    """Until when it holds."""
    entry: int
    """The number in the register."""


class BookingJson(WithReasons):
    """A stretch of booked maintenance that runs or is to come."""

    entry: int
    """The number in the register."""
    reference: str | None
    """The change's own number."""
    services: list[str]
    """The ids of its services."""
    start: str
    """From this instant on."""
    end: str
    """End, exclusive."""
    is_silenced: bool
    """Whether nobody is called in it."""
    why: str
    """Why nobody is, or somebody."""
    loud_kpis: list[str]
    """KPIs that count it all the same."""


class ContactJson(WithReasons):
    """Whom to call."""

    name: str
    """Who that is."""
    phone: str | None
    """Telephone."""
    email: str | None
    """E-mail."""


class SubjectJson(TypedDict):
    """What the pages of services and endpoints share."""

    history_problem: str | None
    """What is wrong with the record, if it cannot be read."""
    days: list[DayJson]
    """The last 90 days, the oldest first."""
    response_times: list[MonthTimesJson]
    """By month, the oldest first."""
    failures: list[FailureJson]
    """The latest runs of failed probes, the latest first."""
    acknowledged: list[AcknowledgedJson]
    """Who has an outage in hand."""
    contacts: list[ContactJson]
    """Whom to call."""
    runbook_url: str | None
    """What to do."""
    dashboard_url: str | None
    """Its dashboard."""


class KpiJson(WithReasons):
    """A KPI in its measurement period so far."""

    kpi: str
    """Its id in the contract."""
    title: str
    """Its title."""
    url: str
    """The page where it stands."""
    service: str | None
    """The service that it is about."""
    clause: str | None
    """Where the contract says so."""
    state: Verdict
    """How it stands: `near` is met, and a miss is near."""
    word: str
    """The same as the page says it, with the contract's own name of its band."""
    unit: str
    """Unit of the target and the figures."""
    target: str
    """What was promised, in this unit."""
    is_met_from: Literal["above", "below"]
    """The side of the target on which it is met."""
    gross: Number | None
    """Its figure when nothing is excluded."""
    claimed: Number | None
    """Its figure as if every booking and claim were granted."""
    agreed: Number | None
    """Its figure with what was granted; this one is priced."""
    points: Number | None
    """Service points, with repeats."""
    coverage: Number | None
    """Part of the agreed time that was seen."""
    allowance_ms: int | None
    """Downtime that the whole period may have, cut to whole milliseconds."""
    allowance_left_ms: int | None
    """What is left of it, cut in the same way; below nought: how much too much there was."""
    outlook: str | None
    """What is coming, in words."""


class CapLeftJson(WithReasons):
    """A cap on credits."""

    cap: str
    """Its id in the contract."""
    scope: str | None
    """Of what."""
    limit: Money
    """The most that there may be."""
    left: Money
    """What is left of it."""


class OwedFigureJson(TypedDict):
    """A figure that a party owes."""

    kpi: str
    """The KPI's id."""
    month: str
    """Of which month."""


class ComparedJson(TypedDict):
    """Lengths of downtime on two lists, inside the time that is compared."""

    ours_ms: int
    """Ours."""
    theirs_ms: int
    """Theirs."""
    difference_ms: int
    """Theirs less ours."""
    unseen_ms: int
    """Theirs, while we saw nothing."""


class ListedStretchJson(WithReasons):
    """An outage of a list."""

    name: str | None
    """What the supplier calls it: its text, with what does not show replaced."""
    start: str
    """Its start."""
    end: str | None
    """Its end, exclusive."""


class MatchJson(ComparedJson):
    """Outages of both lists that overlap."""

    service: str
    """The id of the service."""
    verdict: Literal["agreed", "differs", "ours_only", "theirs_only", "unseen"]
    """Within the tolerance, different in length, on one list alone, or theirs while we saw nothing."""
    ours: list[ListedStretchJson]
    """Our outages."""
    theirs: list[ListedStretchJson]
    """Theirs."""


class ReconciliationJson(ComparedJson):
    """A month's outages against the supplier's own list."""

    month: str
    """Which month."""
    until: str
    """The instant up to which is compared."""
    tolerance_ms: int
    """So much may edges differ."""
    counts: dict[str, int]
    """How many matches there are of each verdict."""
    matches: list[MatchJson]
    """The matches, so many of them."""
    more_matches: int
    """How many more there are."""
    notes: list[str]
    """What was not compared, in words."""


class ObligationRowJson(ObligationJson, WithReasons):
    """A duty on one of the days on which it is due."""


class ContractJson(WithReasons):
    """A contract in the running month so far, agreed view."""

    url: str
    """The page with its services."""
    contract: str
    """Its id."""
    title: str
    """Its name."""
    note: str | None
    """What is shown beside the name."""
    authority: str
    """Who buys."""
    supplier: str
    """Who delivers."""
    time_zone: str
    """Time zone of its days and months."""
    currency: str
    """Of all money here."""
    assessed_at: str
    """When the figures were worked out."""
    month: TimesJson
    """The running month."""
    status: Literal["running", "provisional", "final"]
    """Whether it goes on, has ended, or is signed off."""
    terms_since: str
    """When the version of the terms came into force."""
    terms_reference: str | None
    """The change notice that brought it."""
    points: Number | None
    """Service points so far."""
    points_at_worst: Number | None
    """The same at the month's end, if everything is missed from now on."""
    credit: Money | None
    """Service credit so far, with charges that are withheld."""
    credit_at_worst: Money | None
    """The same at the month's end, if everything is missed from now on."""
    caps: list[CapLeftJson]
    """Caps on credits."""
    set_off: list[str] | None
    """The ids of the triggers that were set off."""
    awaiting_decision: int
    """Entries of the register that somebody has to decide on."""
    figures_owed: list[OwedFigureJson]
    """Figures that a party owes, of months that have ended."""
    claim_by: str | None
    """The day by which a credit has to be claimed, or it lapses."""
    kpis: list[KpiJson]
    """Its KPIs, in its order."""
    accounting: list[str]
    """How it is counted, in words, a line each."""
    bookings: list[BookingJson]
    """Booked maintenance that is not over."""
    reconciliation: ReconciliationJson | None
    """Our outages against the supplier's list: of the running month, or of the newest that has one."""
    obligations: list[ObligationRowJson]
    """Duties of the month, late ones, and the next of each, by their day."""
    recovery: CreditAccountJson | None
    """What became of its credits."""
    credits_open: str | None
    """Where some of it is still open: the same in a line, as the page has it."""
    services: list[ServiceRowJson]
    """Its services, the worst first."""


class ServiceJsonWhole(ServiceRowJson, SubjectJson):
    """All that the page of a service tells."""

    kpis: list[KpiJson]
    """The KPIs that are about it."""
    month_outages: list[OutageRowJson]
    """The outages of the running month, the latest first."""
    endpoints: list[EndpointRowJson]
    """Its endpoints that are probed."""
    bookings: list[BookingJson]
    """Booked maintenance that runs or is to come."""


class EndpointJsonWhole(SubjectJson, WithReasons):
    """All that the page of an endpoint tells."""

    url: str
    """Its page."""
    contract: str
    """The contract's id."""
    endpoint: str
    """Its id in the contract."""
    name: str
    """Its name."""
    service: str
    """The id of its service."""
    service_url: str
    """The page of its service."""
    time_zone: str
    """Time zone of the contract's days and months."""
    kind: str
    """The kind of its probes."""
    where: str | None
    """Where its probes go, without the query of an address."""
    every_ms: int
    """How often it is probed."""
    timeout_ms: int
    """When a probe is given up."""
    since: str | None
    """Since when it is in the state that its last probe found."""
    last: EndpointRowJson | None
    """Its last probe."""


class UnseenJson(WithReasons):
    """An endpoint of which nothing is seen now."""

    url: str
    """Its page."""
    contract: str
    """The contract's id."""
    endpoint: str
    """Its id in the contract."""
    since: str | None
    """Since when."""
    reason: str
    """Why, in words."""


class StatesJson(TypedDict):
    """How many are in each state."""

    up: int
    """Up."""
    degraded: int
    """Up and not well."""
    down: int
    """Down."""
    unknown: int
    """Nobody knows."""


class MonitorJson(WithReasons):
    """The monitor itself, and what it cannot see."""

    url: str
    """The page that says so."""
    state: State
    """How it is: down is not ready, degraded is ready with problems."""
    is_ready: bool
    """Whether it probes, records and answers."""
    problems: list[str]
    """What is wrong."""
    facts: dict[str, str]
    """What else it says of itself."""
    vantage: str
    """The place from which it probes."""
    now: str
    """Its clock."""
    started_at: str
    """When it started."""
    assessed_at: str | None
    """When figures were worked out last."""
    is_standing_still: bool
    """Whether that is too long ago."""
    services: StatesJson
    """How many services are how."""
    endpoints: StatesJson
    """How many endpoints are how, by their last probe."""
    unseen: list[UnseenJson]
    """Endpoints that are not seen now, so many of them."""
    unseen_more: int
    """How many more there are."""


class PackFileJson(TypedDict):
    """A file of a pack."""

    name: str
    """Its name in the pack."""
    url: str
    """Where it is."""
    media_type: str
    """What it is."""


class PackJson(TypedDict):
    """A review pack that was made."""

    url: str
    """Its page, or the status page where it has none."""
    name: str
    """Its name."""
    contract: str
    """The contract's id."""
    month: str
    """Of which month."""
    title: str
    """Which month, and whose copy or which claim."""
    status: str
    """As it was when it was made."""
    files: list[PackFileJson]
    """Its files."""


class PacksJson(TypedDict):
    """The review packs, by contract, the latest first."""

    url: str
    """The page that lists them."""
    packs: list[PackJson]
    """All of them."""


class MatterJson(WithReasons):
    """Something that waits for somebody."""

    contract: str
    """The contract's id."""
    kind: str
    """What sort of matter it is: `decide`, `figure`, `action`, `obligation`, `sign_off` and others."""
    action: str
    """What somebody does who does it, by the access table."""
    text: str
    """What it is, in words."""
    last_day: str | None
    """The last day for it."""
    urgency: Literal["late", "today", "soon", "later", "undated"]
    """How near that is: `soon` is within a week."""
    entry: int | None
    """The entry that it is about."""
    month: str | None
    """The service period that it is about."""
    subject: str | None
    """The id of the KPI or obligation that it is about."""
    url: str | None
    """The page on which whoever asks does it."""


class AnswerJson(TypedDict):
    """What others decided about an entry of somebody."""

    contract: str
    """The contract's id."""
    entry: int
    """The entry that it is about."""
    state: Literal["granted", "granted_in_part", "refused", "approved", "rejected", "taken_back"]
    """What became of it."""
    text: str
    """What was entered, in words."""
    by_entry: int
    """The entry that says so."""
    actor: str
    """Who decided."""
    decided_at: str
    """When."""
    note: str
    """Why, in their words, as whoever asks may read it."""
    url: str
    """The page of the entry."""


class DeskJson(TypedDict):
    """What waits for whoever asks."""

    url: str
    """The page that tells the same."""
    mine: list[MatterJson]
    """What they may do and is theirs, the soonest first."""
    others: list[MatterJson]
    """What waits for others in contracts that they may see."""
    answers: list[AnswerJson]
    """What others decided in the last 14 days about what they entered, the newest first."""
    unassessed: list[str]
    """Contracts of which only the register is known as yet: what follows from figures is missing."""


class SharedServiceJson(WithReasons):
    """A service, as others may see it."""

    name: str
    """Its name."""
    state: State
    """How it is."""
    since: str | None
    """When its open outage began."""


class SharedOutageJson(WithReasons):
    """An outage of the running month, as others may see it."""

    id: str
    """The same for as long as it is known: a tag URI."""
    service: str
    """The service's name."""
    time_zone: str
    """Time zone of the contract's days and months."""
    began_at: str
    """Its start."""
    ended_at: str | None
    """Its end, exclusive."""
    end_seen: bool | None
    """false: nothing was seen when it ended; it lasted until then at least."""
    lasted_ms: int | None
    """From its start to its end."""


class SharedMaintenanceJson(TypedDict):
    """A booking that is not over."""

    services: list[str]
    """The names of the services."""
    time_zone: str
    """Time zone of the contract's days and months."""
    start: str
    """From this instant on."""
    end: str
    """End, exclusive."""
    is_agreed: bool
    """Whether it needs no decision any more."""


class SharedJson(WithReasons):
    """What others than the operators may see."""

    url: str
    """The page that says the same."""
    title: str
    """Whose it is."""
    assessed_at: str | None
    """When it was worked out."""
    services: list[SharedServiceJson]
    """The services, the worst first."""
    outages: list[SharedOutageJson]
    """The latest outages of the month."""
    more_outages: int
    """How many earlier ones there are."""
    maintenance: list[SharedMaintenanceJson]
    """Bookings that are not over, the soonest first."""


class ProblemJson(TypedDict):
    """What is wrong with a request, as RFC 9457 has it."""

    type: str
    """What kind of problem it is."""
    title: str
    """The same in a few words."""
    status: int
    """The status of the answer."""
    detail: str
    """What is wrong with this request."""
    remedy: str
    """What helps."""
