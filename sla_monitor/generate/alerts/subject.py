"""Subject: the terms in force, settings and texts from which the rules of one contract are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from sla_monitor import names
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.generate.alerts.alert import OURS, Severity
from sla_monitor.generate.alerts.annotations import Ask, ByService, Label, Text, text
from sla_monitor.generate.promql import PER_SERVICE, joined, lasting, sample, select
from sla_monitor.settings import Settings

CRITICALITIES = ("critical", "high", "medium", "low")
CALLED = {"critical", "high"}
"""Services for which somebody is called; about the others there is a ticket."""
MINUTE_MS = 60_000
DAY_S = 86_400


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
    """One contract as it stands now. `refused`: the burn-rate alerts that are not made, as KPI and severity."""

    terms: Terms
    settings: Settings
    refused: frozenset[tuple[str, str]] = frozenset()

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

    def contacts(self, services: Iterable[Service]) -> Text:
        """Whom to call about each of some services."""
        return Text((ByService({service.id: self._contacts(service) for service in services}),))

    def contacts_of_contract(self) -> Text:
        """Whom to call about the contract."""
        return Text((self._contacts(None),))

    def _contacts(self, service: Service | None) -> str:
        listed = [str(contact) for contact in self.terms.contacts_of(service)]
        return "; ".join(listed) or f"{self.terms.supplier} (no contact is named in the contract file)"

    def dashboard(self, uid: str, *variables: str) -> Text:
        """A link to a dashboard, at the contract (and service, or KPI) in question."""
        pieces = [piece for name in ("contract", *variables) for piece in (f"&var-{name}=", Label(name))]
        first = str(pieces[0]).replace("&", "?", 1)
        return text(f"{str(self.settings.links.dashboards).rstrip('/')}/d/{uid}{first}", *pieces[1:])


def minutes(milliseconds: int) -> int:
    """Samples a minute apart that cover a time."""
    return ceil(milliseconds / MINUTE_MS)


DURATION = "{{ . | value | humanizeDuration }}"
ALLOWANCE = Ask("allowance", "min", names.KPI_ALLOWANCE_LEFT, ("contract", "service"), DURATION)
ALLOWANCE_OF_KPI = Ask("allowance", "min", names.KPI_ALLOWANCE_LEFT, ("contract", "kpi"), DURATION)
MONEY = Ask(
    "money",
    "max by (currency)",
    names.OUTLOOK_CREDIT,
    ("contract",),
    '{{ . | value | printf "%.0f" }} {{ . | label "currency" }}',
    "case='worst'",
)
SINCE = Ask("since", "min", names.SERVICE_OUTAGE_START, ("contract", "service"), "{{ . | value | humanizeTimestamp }}")
STEP = Ask("step", "max by (step)", names.FAILED_STEP, ("contract", "service", "endpoint"), '{{ . | label "step" }}')
STEP_OF_SERVICE = Ask(
    "step",
    "max by (endpoint, step)",
    names.FAILED_STEP,
    ("contract", "service"),
    '{{ . | label "endpoint" }} at {{ . | label "step" }}',
)


def expected_now(subject: AlertSubject, expression: str, group: Group) -> str:
    """The same, but only within service hours and outside permitted maintenance."""
    return joined(
        expression,
        f"and {PER_SERVICE} {subject.select(subject.hours_record, service=group.names)} > 0",
        f"unless {PER_SERVICE} {subject.select(names.SERVICE_MAINTENANCE, service=group.names)} == 1",
    )


def in_hours(subject: AlertSubject, service: str) -> dict[str, str]:
    """Series of a unit test in which a service's hours go on."""
    return {subject.sample(names.SERVICE_AGREED, service=service): "0+60x~"}
