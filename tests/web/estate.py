"""A partnership as the status page would show it: invented, but with everything that can happen on the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor.assess import Assessment, ContractAssessment, KpiAssessment, Outage, ServiceAssessment
from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.board import Board, Watched
from sla_monitor.contract.endpoints.endpoint import HttpEndpoint, JourneyEndpoint, TcpEndpoint
from sla_monitor.periods.edges import Period, month_of
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from tests.support import assessed
from tests.support.reconciled import reconciled

NOW_MS = 1_763_821_526_000  # 22 November 2025, 14:25:26 in London
ZONE = "Europe/London"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PERIOD: Period = month_of(NOW_MS, ZoneInfo(ZONE))
SO_FAR_MS = NOW_MS - PERIOD.start_ms


def endpoint(name: str, kind: str = "http") -> HttpEndpoint | TcpEndpoint | JourneyEndpoint:
    """Terms with an id made of the name."""
    terms_id = name.lower().replace(" ", "-")
    if kind == "tcp":
        return TcpEndpoint(id=terms_id, name=name, kind="tcp", host="127.0.0.1", port=5060)
    if kind == "journey":
        steps = [{"id": "search", "url": "http://127.0.0.1:1/"}]
        return JourneyEndpoint.model_validate({"id": terms_id, "name": name, "kind": "journey", "steps": steps})
    return HttpEndpoint(id=terms_id, name=name, kind="http", url="http://127.0.0.1:1/")


def watched(service: str, name: str, finding: Finding | None, *, probes: int = 1, kind: str = "http") -> Watched:
    """An endpoint that has been probed `probes` times, a minute apart, with the same finding."""
    terms = endpoint(name, kind)
    one = Watched(f"partnership/{terms.id}", "partnership", service, terms)
    for probe in reversed(range(probes if finding else 0)):
        one.saw(Observation(one.key, NOW_MS - 12_000 - probe * MINUTE, finding or Finding(Outcome.UNKNOWN)))
    return one


def up(milliseconds: int, days_left: int | None = None) -> Finding:
    expires = None if days_left is None else NOW_MS // 1000 + days_left * 86_400 + 3_600
    return Finding(Outcome.UP, duration_us=milliseconds * 1000, status=200, certificate_expires_at_s=expires)


def outage(ago_ms: int, lasted_ms: int | None, reason: Reason | None, *endpoints: str) -> Outage:
    """An outage that began some time ago; open without a length."""
    start_ms = NOW_MS - ago_ms
    end_ms = None if lasted_ms is None else start_ms + lasted_ms
    return Outage(start_ms, end_ms, ago_ms if lasted_ms is None else lasted_ms, reason, endpoints)


def service(
    name: str,
    state: Outcome = Outcome.UP,
    *outages: Outage,
    criticality: str = "high",
    participants: tuple[str, ...] = (),
    unknown_ms: int = 0,
    agreed_ms: int = SO_FAR_MS,
) -> ServiceAssessment:
    """A service around the clock, month to date."""
    return ServiceAssessment(
        service=name.lower().replace(" ", "-"),
        name=name,
        criticality=criticality,
        participants=participants,
        state=state,
        agreed_ms=agreed_ms,
        period_agreed_ms=PERIOD.end_ms - PERIOD.start_ms,
        downtime_ms=sum(one.downtime_ms for one in outages),
        unknown_ms=unknown_ms,
        outages=outages,
    )


def kpi(one: ServiceAssessment, target_percent: str, clause: str = "", *, is_assessable: bool = True) -> KpiAssessment:
    ratio = Fraction(target_percent) / 100
    return KpiAssessment(
        kpi=f"{one.service}-availability",
        title=f"{one.name} availability",
        clause=clause,
        service=one,
        target_ratio=ratio,
        allowance_ms=(1 - ratio) * one.period_agreed_ms,
        is_assessable=is_assessable,
    )


def contract(services: tuple[ServiceAssessment, ...], kpis: tuple[KpiAssessment, ...]) -> ContractAssessment:
    return ContractAssessment(
        contract="partnership",
        title="Strategic IT partnership 2024 to 2034",
        note="Illustrative terms: not the text of any contract between the parties named here.",
        authority="Staffordshire Police",
        supplier="Boeing",
        currency="GBP",
        time_zone=ZONE,
        period=PERIOD,
        terms_from_ms=PERIOD.start_ms - 200 * DAY,
        terms_reference="CCN-12",
        services=services,
        kpis=kpis,
        starts_on=date(2024, 4, 1),
        ends_on=date(2034, 3, 31),
    )


def board(services: tuple[ServiceAssessment, ...], kpis: tuple[KpiAssessment, ...], seen: list[Watched]) -> Board:
    found = Board(NOW_MS - 9 * DAY - 4 * HOUR, "hq-data-centre")
    found.watch(seen)
    found.assessment = Assessment(NOW_MS - 4_000, (contract(services, kpis),))
    return found


def partnership() -> Board:
    """Eight services: one down, one degraded, one unseen, the others fine."""
    refused = Finding(
        Outcome.DOWN, Reason.STATUS_UNEXPECTED, "503 Service Unavailable, expected 200-299", 41_000, status=503
    )
    slow = Finding(Outcome.DEGRADED, Reason.TOO_SLOW, "took 2,140 ms, degraded above 1,500 ms", 2_140_000, status=200)
    blip = Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer within 10,000 ms", 10_000_000)
    services = (
        service(
            "Command and control",
            Outcome.UP,
            outage(9 * DAY, 6 * MINUTE + 12_000, Reason.TIMEOUT, "call-handling"),
            criticality="critical",
        ),
        service(
            "Custody records",
            Outcome.DOWN,
            outage(6 * DAY, 14 * MINUTE, Reason.CONNECTION_REFUSED, "custody-web"),
            outage(22 * MINUTE + 4_000, None, Reason.STATUS_UNEXPECTED, "custody-web", "custody-api"),
            criticality="critical",
            participants=("staffordshire", "west-midlands"),
        ),
        service("Mobile data", Outcome.DEGRADED, criticality="high", participants=("staffordshire",)),
        service("Force network", criticality="critical", unknown_ms=5 * HOUR),
        service("E-mail", Outcome.UP, outage(2 * DAY, 3 * MINUTE, Reason.TLS_FAILED, "webmail"), criticality="medium"),
        service("Service desk portal", criticality="medium"),
        service("Crime analytics", Outcome.UNKNOWN, criticality="low", unknown_ms=SO_FAR_MS - 2 * DAY),
        service("Digital evidence", criticality="high"),
    )
    targets = ("99.95", "99.9", "99.5", "99.95", "99.5", "99.0", "98.0", "99.9")
    kpis = tuple(
        kpi(one, target, f"Schedule 2.2, KPI-{i:02}", is_assessable=one.name != "Crime analytics")
        for i, (one, target) in enumerate(zip(services, targets, strict=True), 1)
    )
    seen = [
        watched("command-and-control", "Call handling", up(38, 71)),
        watched("command-and-control", "Dispatch", up(52, 71)),
        watched("command-and-control", "Gazetteer", up(47, 212)),
        watched("custody-records", "Custody web", refused, probes=23),
        watched("custody-records", "Custody API", refused, probes=22),
        watched("mobile-data", "Officer app gateway", slow, probes=6),
        watched("mobile-data", "Device management", blip),
        watched("force-network", "Core router", up(2), kind="tcp"),
        watched("force-network", "Internet breakout", up(11), kind="tcp"),
        watched("e-mail", "Webmail", up(88, 9)),
        watched("service-desk-portal", "Portal", up(130, 140)),
        watched("crime-analytics", "Nightly extract", None),
        watched("digital-evidence", "Evidence store", up(64, 33)),
    ]
    found = board(services, kpis, seen)
    (bare,) = found.assessment.contracts
    misses = {("custody-records-availability", 1): "99.7", ("custody-records-availability", 4): "99.85"}
    whole = reconciled(assessed.with_figures(bare, NOW_MS, misses))
    found.assessment = replace(found.assessment, contracts=(replace(whole, booked=BOOKED),))
    return found


CRITICAL = ("critical", "high", "medium", "low")
BODIES = ("staffordshire", "west-midlands", "west-mercia")


def many(contracts: int, services: int, endpoints: int, down: int, figured: int = 1_000) -> Board:
    """So many contracts of four suppliers, services in all, endpoints of each, and services that are down; every one
    with an outage behind it and an availability KPI. `figured`: the contracts that have a year of figures and money."""
    made = []
    for i in range(services):
        past = outage(3 * DAY + i * MINUTE, 4 * MINUTE, Reason.TIMEOUT, "a")
        # Spread over the contracts' order, as trouble is.
        is_down = i * down // services != (i + 1) * down // services
        now = (outage(HOUR + i * MINUTE, None, Reason.TIMEOUT, "a"),) if is_down else ()
        bodies = () if i % 3 == 0 else (BODIES[i % len(BODIES)],)
        state = Outcome.DOWN if is_down else Outcome.UP
        made.append(service(f"Service {i}", state, past, *now, criticality=CRITICAL[i % 4], participants=bodies))
    board = Board(NOW_MS - 9 * DAY)
    per = services // contracts
    seen, whole = [], []
    for number in range(contracts):
        name = f"contract-{number}"
        own = tuple(made[number * per : (number + 1) * per])
        one = replace(
            contract(own, tuple(kpi(each, "99.9", "Schedule 2") for each in own)),
            contract=name,
            title=f"Contract {number} for managed services",
            supplier=f"Supplier {number % 4}",
        )
        whole.append(assessed.with_figures(one, NOW_MS, {}) if number < figured else one)
        for each in own:
            finding = Finding(each.state, Reason.TIMEOUT if each.state is Outcome.DOWN else None, "x" * 80, 40_000)
            for j in range(endpoints):
                terms = endpoint(f"Endpoint {each.service} {j}")
                watching = Watched(f"{name}/{terms.id}", name, each.service, terms)
                watching.saw(Observation(watching.key, NOW_MS - 12_000, finding))
                seen.append(watching)
    board.watch(seen)
    board.assessment = Assessment(NOW_MS - 4_000, tuple(whole))
    return board


def booked(
    number: int, hours: tuple[int, int], why: str, *services: str, reference: str = "", is_silenced: bool = True
) -> BookedStretch:
    """A stretch of a booking, in hours from the start of this hour."""
    start_ms, end_ms = (NOW_MS // HOUR * HOUR + each * HOUR for each in hours)
    return BookedStretch(number, reference, services, start_ms, end_ms, is_silenced, why)


OUTSIDE = "outside the hours for it, or what was granted"
BOOKED = (
    booked(41, (-2, 4), "decision 42", "e-mail", "service-desk-portal", reference="CHG-2071"),
    booked(41, (4, 6), OUTSIDE, "e-mail", "service-desk-portal", reference="CHG-2071", is_silenced=False),
    booked(44, (32, 36), "awaits a decision", "force-network", reference="CHG-2090", is_silenced=False),
)
"""One window is open, and ends before what is booked does; another booking waits for its decision."""


def thousand() -> Board:
    """100 services of ten endpoints each, a tenth of them down."""
    outcomes = [Outcome.DOWN if i % 10 == 0 else Outcome.UP for i in range(100)]
    services = tuple(
        replace(service(f"Service {i}", state), outages=(outage(HOUR, None, Reason.TIMEOUT, "a"),))
        if state is Outcome.DOWN
        else service(f"Service {i}")
        for i, state in enumerate(outcomes)
    )
    seen = [
        watched(one.service, f"Endpoint {one.service} {j}", Finding(one.state, Reason.TIMEOUT, "x" * 80, 40_000))
        for one in services
        for j in range(10)
    ]
    return board(services, tuple(kpi(one, "99.9") for one in services), seen)
