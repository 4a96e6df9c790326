"""Subject: the terms in force, settings and texts from which the rules of one contract are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from sla_monitor import names
from sla_monitor.contract.endpoints.endpoint import Endpoint, JourneyEndpoint
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.generate.alerts.alert import OURS, Severity
from sla_monitor.generate.alerts.annotations import (
    DURATION,
    REASON,
    Ask,
    By,
    Label,
    Text,
    branches,
    name_of_something,
    text,
)
from sla_monitor.generate.promql import PER_ENDPOINT, PER_KPI, PER_SERVICE, joined, lasting, quoted, sample, select
from sla_monitor.settings import Settings
from sla_monitor.wording.figures import format_target
from sla_monitor.wording.text import plain

CRITICALITIES = ("critical", "high", "medium", "low")
CALLED = {"critical", "high"}
"""Services for which somebody is called; about the others there is a ticket."""
MINUTE_MS = 60_000
DAY_S = 86_400
JUST_NOW_S = 300
"""For so long after its end, a failure is still the reason of an alert that is being resolved."""
NO_KPI = "no KPI of the contract is about this service"


def title_of(terms: Terms) -> str:
    """A contract's name for people, with its supplier."""
    return f"{name_of_something(terms.title, terms.id)}, {name_of_something(terms.supplier, terms.id)}"


@dataclass(frozen=True, slots=True)
class Group:
    """The services of one criticality."""

    criticality: str
    services: tuple[Service, ...]

    @property
    def names(self) -> list[str]:
        return [service.id for service in self.services]

    @property
    def severity(self) -> Severity:
        return "critical" if self.criticality in CALLED else "warning"


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """One contract as it stands now. `refused`: the burn-rate alerts that are not made, as KPI and severity. `within`:
    whose names the texts need; None: those of all services."""

    terms: Terms
    settings: Settings
    refused: frozenset[tuple[str, str]] = frozenset()
    within: Group | None = None

    @property
    def named(self) -> tuple[Service, ...]:
        """The services that the alerts may be about."""
        return self.within.services if self.within else self.terms.services

    @property
    def id(self) -> str:
        return self.terms.id

    @property
    def groups(self) -> Iterator[Group]:
        """The services that are probed, by criticality."""
        for criticality in CRITICALITIES:
            services = tuple(s for s in self.terms.services if s.criticality == criticality and s.endpoints)
            if services:
                yield Group(criticality, services)

    @property
    def recent_ms(self) -> int:
        """A window in which the figures have surely been worked out and scraped twice."""
        alerting = self.settings.alerting
        return 4 * max(alerting.scrape_every_ms, self.settings.assess_every_ms)

    @property
    def hours_record(self) -> str:
        """Agreed service time of late: more than nothing within service hours."""
        return f"{names.HOURS_RECORD}{lasting(self.recent_ms)}"

    def labels(self, group: Group | None = None) -> dict[str, str]:
        """The labels by which alerts are routed."""
        found = {"supplier": self.terms.supplier}
        return found | {"criticality": group.criticality} if group else found

    def select(self, metric: names.MetricName | str, **labels: str | Iterable[str]) -> str:
        """A selector of this contract's series."""
        listed = {name: value if isinstance(value, str) else tuple(value) for name, value in labels.items()}
        return select(metric, contract=self.id, **listed)

    def sample(self, metric: names.MetricName | str, **labels: str) -> str:
        """One of this contract's series in a unit test."""
        return sample(metric, contract=self.id, **OURS, **labels)

    def came(self, **labels: str) -> dict[str, str]:
        """The labels that an alert has from the series of a unit test."""
        return {"contract": self.id, **OURS, **labels}

    def confirmed_after_ms(self, endpoint: Endpoint) -> int:
        """How long an endpoint is seen down when more than one probe in a row has failed, and as many as the contract
        wants: a single failed probe is seen for at most one interval, one timeout, and a scrape at either end."""
        probes = max(self.terms.accounting.confirmation_failures, 2)
        return (probes - 1) * endpoint.every_ms + endpoint.timeout_ms + 2 * self.settings.alerting.scrape_every_ms

    @property
    def title(self) -> str:
        """The contract's name for people, with its supplier."""
        return title_of(self.terms)

    @property
    def service(self) -> By:
        """The name of the service that the alert is about."""
        return By("service", {s.id: name_of_something(s.name, s.id) for s in self.named if s.name})

    @property
    def endpoints(self) -> dict[str, str]:
        """The endpoints that have a name."""
        several = (endpoint for service in self.named for endpoint in service.endpoints)
        return {each.id: name_of_something(each.name, each.id) for each in several if each.name}

    @property
    def endpoint(self) -> By:
        return By("endpoint", self.endpoints)

    @property
    def kpis(self) -> dict[str, str]:
        """The KPIs that have a title, with their ids: people know them by both."""
        services = None if self.within is None else {service.id for service in self.named}
        titled = (kpi for kpi in self.terms.kpis if kpi.title and (services is None or kpi.service in services))
        return {kpi.id: f"“{name_of_something(kpi.title, kpi.id)}” ({kpi.id})" for kpi in titled}

    @property
    def kpi(self) -> By:
        return By("kpi", self.kpis)

    def about(self, *what: str) -> dict[str, Text]:
        """What the alert is about, by its names for people: the contract, and the service, endpoint or KPI."""
        pieces = {"service": self.service, "endpoint": self.endpoint, "kpi": self.kpi}
        return {"contract_title": text(self.title), **{f"{each}_title": text(pieces[each]) for each in what}}

    @property
    def promises_of_service(self) -> Text:
        """What the contract says of each service."""
        said = {
            service.id: "; ".join(self._promise(kpi) for kpi in self.terms.kpis if kpi.service == service.id)
            for service in self.named
        }
        return text(By("service", {name: promise for name, promise in said.items() if promise}, NO_KPI))

    @property
    def promise_of_kpi(self) -> Text:
        return text(By("kpi", {kpi.id: self._promise(kpi) for kpi in self.terms.kpis}))

    def _promise(self, kpi: Kpi) -> str:
        clause = f" ({name_of_something(kpi.clause, '')})" if kpi.clause else ""
        title = f"“{name_of_something(kpi.title, '')}” " if kpi.title else ""
        return f"{title or kpi.id + ' '}{format_target(kpi)}{clause}"

    @property
    def period_name(self) -> str:
        return (
            "this month"
            if all(kpi.measurement_months == 1 for kpi in self.terms.availability_kpis)
            else "in this period"
        )

    def allowance(self, *by: str) -> Ask:
        """What is left of the allowance of each KPI of a service, or of one; nothing while it is not assessable."""
        left = asked_for(names.KPI_ALLOWANCE_LEFT, by)
        seen = f"and {PER_KPI} {names.KPI_ASSESSABLE.sample} == 1"
        name = '{{ $kpi := . | label "kpi" }}' + branches("$kpi", self.kpis, "{{ $kpi }}")
        show = (
            f'{{{{ if lt (. | value) 0.0 }}}}used up, {{{{ {DURATION} | reReplaceAll "-" "" }}}} more than allowed'
            f"{{{{ else }}}}{{{{ {DURATION} }}}} left{{{{ end }}}} {self.period_name}, {name}"
        )
        return Ask("allowance", f"{left} {seen}", by, show, sorted_by="kpi")

    def points(self, *by: str) -> Ask:
        """The service points of a service, or of a KPI, as the month stands."""
        points = asked_for(names.KPI_POINTS, by)
        seen = f"and {PER_KPI} {names.KPI_ASSESSABLE.sample} == 1"
        show = '{{ . | value | printf "%g" }} service point{{ if ne (. | value) 1.0 }}s{{ end }}, as the month stands'
        return Ask("points", f"sum by (contract, instance) ({points} {seen}) > 0", by, show)

    def impact(self, *by: str) -> dict[str, Text]:
        """What it does to the month, as far as that is known."""
        found = {"allowance_left": text(self.allowance(*by))}
        if any(kpi.gives_points for kpi in self.terms.kpis):
            found["points_so_far"] = text(self.points(*by))
        return found

    def failing(self, *by: str) -> Text:
        """The endpoints that fail, or failed until a moment ago, with the reason of each."""
        start, end = asked_for(names.DOWN_START, by), names.DOWN_END.sample
        now = f"{start} unless {PER_ENDPOINT} {end}"
        lately = f"{start} and {PER_ENDPOINT} {end} > time() - {JUST_NOW_S}"
        name = '{{ $endpoint := . | label "endpoint" }}' + branches("$endpoint", self.endpoints, "{{ $endpoint }}")
        query = f"({now}) or {PER_SERVICE} ({lately})"
        return text(Ask("reason", query, by, f"{name}: {REASON}", sorted_by="endpoint"))

    def in_hand(self, *by: str) -> Text:
        """Who has acknowledged the outage, with their words: of a service as a whole, or of one endpoint. Words of
        people are a sample's label here, and never read as a template."""
        of_service = () if "endpoint" in by else ("endpoint=''",)
        query = asked_for(names.ACKNOWLEDGED, by, *of_service)
        return text(Ask("in_hand", query, by, '{{ . | label "by" }}: {{ . | label "text" }}'))

    @property
    def clock(self) -> Text:
        """The offset of local time, in seconds, and its name."""
        return clock_of(self.id)

    def lingering(self, name: names.AlertName, state: str, per: str, now: str, guard: Sequence[str] = ()) -> str:
        """An alert's expression, and the same for a moment after it is over, while the alert fires already: so its text
        still says what has become of it. Prometheus does not write the text of a resolved alert again.

        `state`: the series that is 1 while it is so. `guard`: more lines, with which it lingers.
        """
        alerts = f'ALERTS{{alertname={quoted(name.name)},alertstate="firing",contract={quoted(self.id)}}}'
        return joined(
            f"(\n{now}\n)",
            "or",
            f"(max_over_time({state}[{lasting(self.linger_ms)}]) == 1",
            *guard,
            f"and {per} {alerts})",
        )

    @property
    def linger_ms(self) -> int:
        return 4 * max(self.settings.alerting.scrape_every_ms, self.settings.alerting.evaluate_every_ms)

    @property
    def step_of_service(self) -> Ask:
        """The steps at which the journeys through a service fail, by their names."""
        endpoint = '{{ $endpoint := . | label "endpoint" }}' + branches("$endpoint", self.endpoints, "{{ $endpoint }}")
        step = '{{ $step := . | label "step" }}' + branches("$step", self.steps, "{{ $step }}")
        query = asked_for(names.FAILED_STEP, ("contract", "service"))
        return Ask("step", query, ("contract", "service"), f"{endpoint} at {step}", sorted_by="endpoint")

    @property
    def step_of_endpoint(self) -> Ask:
        by = ("contract", "service", "endpoint")
        step = '{{ $step := . | label "step" }}' + branches("$step", self.steps, "{{ $step }}")
        return Ask("step", asked_for(names.FAILED_STEP, by), by, step)

    @property
    def steps(self) -> dict[str, str]:
        """The steps of journeys that have a name. Where two journeys call one id differently, it stays the id."""
        found: dict[str, set[str]] = {}
        for service in self.named:
            for endpoint in service.endpoints:
                for step in endpoint.steps if isinstance(endpoint, JourneyEndpoint) else ():
                    found.setdefault(step.id, set()).add(name_of_something(step.name, step.id))
        return {step: next(iter(said)) for step, said in found.items() if len(said) == 1 and said != {step}}

    def clock_series(self) -> dict[str, str]:
        """Series of a unit test in which local time is an hour ahead."""
        where = {"stretch": "now", "zone": "BST"}
        return {self.sample(names.UTC_OFFSET, **where): "3600x~", self.sample(names.UTC_OFFSET_START, **where): "0x~"}

    def contacts(self, services: Iterable[Service]) -> Text:
        """Whom to call about each of some services."""
        return text(By("service", {service.id: self._contacts(service) for service in services}, self._contacts(None)))

    def contacts_of_contract(self) -> Text:
        """Whom to call about the contract."""
        return Text((self._contacts(None),))

    def _contacts(self, service: Service | None) -> str:
        listed = [plain(str(contact)) for contact in self.terms.contacts_of(service)]
        return "; ".join(listed) or f"{plain(self.terms.supplier)} (no contact is named in the contract file)"

    def dashboard(self, uid: str, *variables: str) -> Text:
        """A link to a dashboard, at the contract (and service, or KPI) in question."""
        pieces = [piece for name in ("contract", *variables) for piece in (f"&var-{name}=", Label(name))]
        first = str(pieces[0]).replace("&", "?", 1)
        return text(f"{str(self.settings.links.dashboards).rstrip('/')}/d/{uid}{first}", *pieces[1:])


def minutes(milliseconds: int) -> int:
    """Samples a minute apart that cover a time."""
    return ceil(milliseconds / MINUTE_MS)


def asked_for(metric: names.MetricName, by: Sequence[str], *more: str) -> str:
    """A selector by the alert's own labels, for `annotations.Ask`."""
    own = (f"{label}='%[{number}]s'" for number, label in enumerate(by, 1))
    return f"{metric.sample}{{{','.join([*own, *more])}}}"


def clock_of(contract: str, *, kept: str = "") -> Text:
    """The local time of a contract for Alertmanager's template; `kept`: for how long after the monitor has gone."""
    offset, start = select(names.UTC_OFFSET, contract=contract), select(names.UTC_OFFSET_START, contract=contract)
    if kept:
        offset, start = (f"last_over_time({each}[{kept}])" for each in (offset, start))
    held = f"topk by (contract, instance) (1, {start} <= time())"
    query = f"{offset} and on (contract, instance, stretch) {held}"
    return text(Ask("clock", query, (), '{{ . | value }} {{ . | label "zone" }}'))


def expected_now(subject: AlertSubject, expression: str, group: Group) -> str:
    """The same, but only within service hours and outside permitted maintenance."""
    return joined(
        expression,
        f"and {PER_SERVICE} {subject.select(subject.hours_record, service=group.names)} > 0",
        f"unless {PER_SERVICE} {subject.select(names.SERVICE_MAINTENANCE, service=group.names)} == 1",
    )


def expected_lately(subject: AlertSubject, group: Group) -> tuple[str, str]:
    """That this was so a moment ago, for `AlertSubject.lingering`: maintenance or the hours' end ends an alert, too."""
    hours = subject.select(subject.hours_record, service=group.names)
    booked = subject.select(names.SERVICE_MAINTENANCE, service=group.names)
    lately = lasting(subject.linger_ms)
    return (
        f"and {PER_SERVICE} max_over_time({hours}[{lately}]) > 0",
        f"unless {PER_SERVICE} min_over_time({booked}[{lately}]) == 1",
    )


def in_hours(subject: AlertSubject, service: str) -> dict[str, str]:
    """Series of a unit test in which a service's hours go on."""
    return {subject.sample(names.SERVICE_AGREED, service=service): "0+60x~"}
