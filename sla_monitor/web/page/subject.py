"""What a page is about: a service or an endpoint by its address, and where else its reader may look."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from sla_monitor import names
from sla_monitor.assess import Acknowledged, ContractAssessment
from sla_monitor.board import Board, Watched
from sla_monitor.contract.contract import Contract, endpoint_key
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.web.page_record import SubjectHistory, Times
from sla_monitor.wording.text import plain


@dataclass(frozen=True, slots=True)
class PageLinks:
    """What pages lead to beyond themselves. `config`: the settings' path as commands take it; empty: the default.
    `dashboards`: Grafana's address; empty: there is none."""

    config: str = ""
    dashboards: str = ""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """Everything that the page of a service tells, as it is: the page writes it in words, others as they please.

    `assessed`: the contract's running month; None: there is no assessment yet. `history`: up to the assessment.
    `times`: how long answers took, by day and by month.
    """

    contract: Contract
    terms: Terms
    service: Service
    assessed: ContractAssessment | None
    endpoints: tuple[Watched, ...]
    history: SubjectHistory
    times: Times
    now_ms: int

    @property
    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """Those of the service and of its endpoints."""
        return tuple(one for one in _acknowledged(self.assessed) if one.service == self.service.id)


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """The same of an endpoint. `watched` None: it is not probed, because the term is over, say."""

    contract: Contract
    terms: Terms
    service: Service
    endpoint: Endpoint
    assessed: ContractAssessment | None
    watched: Watched | None
    history: SubjectHistory
    times: Times
    now_ms: int

    @property
    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """Its own, and its service's."""
        mine = {"", self.endpoint.id}
        return tuple(
            one for one in _acknowledged(self.assessed) if one.service == self.service.id and one.endpoint in mine
        )


class SubjectError(LookupError):
    """No contract, service or endpoint of that name; the text says which, and what there is."""


def _acknowledged(assessed: ContractAssessment | None) -> tuple[Acknowledged, ...]:
    return assessed.acknowledged if assessed else ()


def service_address(contract: str, service: str) -> str:
    """Where the page of a service is."""
    return f"/services/{quote(contract, safe='')}/{quote(service, safe='')}"


def contract_address(contract: str) -> str:
    """The status page with the services of one contract."""
    return f"/?contract={quote(contract, safe='')}"


def endpoint_address(contract: str, endpoint: str) -> str:
    """Where the page of an endpoint is."""
    return f"/endpoints/{quote(contract, safe='')}/{quote(endpoint, safe='')}"


def contract_of(contracts: Sequence[Contract], name: str) -> Contract:
    """Raises SubjectError."""
    found = next((one for one in contracts if one.id == name), None)
    if found is None:
        raise SubjectError(f"No contract is called {_shown(name)} ({suggestion(name, [one.id for one in contracts])})")
    return found


def service_of(contract: Contract, terms: Terms, name: str) -> Service:
    """A service of the terms in force. Raises SubjectError."""
    if name in terms.services_by_id:
        return terms.services_by_id[name]
    others = [service.id for version in contract.versions for service in version.terms.services]
    if name in others:
        raise SubjectError(f"{_shown(name)} is a service of {contract.id}, but not of the terms in force now")
    raise SubjectError(
        f"No service of {contract.id} is called {_shown(name)} ({suggestion(name, terms.services_by_id)})"
    )


def endpoint_of(contract: Contract, terms: Terms, name: str) -> tuple[Service, Endpoint]:
    """An endpoint of the terms in force, and its service. Raises SubjectError."""
    known = {endpoint.id: (service, endpoint) for service in terms.services for endpoint in service.endpoints}
    if name in known:
        return known[name]
    others = {
        each.id for version in contract.versions for service in version.terms.services for each in service.endpoints
    }
    if name in others:
        raise SubjectError(f"{_shown(name)} is an endpoint of {contract.id}, but not of the terms in force now")
    raise SubjectError(f"No endpoint of {contract.id} is called {_shown(name)} ({suggestion(name, known)})")


def assessed_of(board: Board, contract: Contract) -> ContractAssessment | None:
    return next((one for one in board.assessment.contracts if one.contract == contract.id), None)


def watched_of(board: Board, contract: Contract, endpoints: Sequence[Endpoint]) -> tuple[Watched, ...]:
    """What is watched of these, in their order."""
    several = (board.endpoints.get(endpoint_key(contract.id, endpoint.id)) for endpoint in endpoints)
    return tuple(one for one in several if one is not None)


def acknowledge_command(contract: str, subject: str, name: str, config: str) -> str:
    """What is typed to take an outage in hand. `subject`: service or endpoint."""
    words = ["sla-monitor", "register", "add", "acknowledgement", contract, f"--{subject}", name]
    words += ["--config", config] if config else []
    return shlex.join([*words, "--note", "…"])


def dashboard_link(elsewhere: PageLinks, contract: str, service: str) -> str:
    """The dashboard of a service; empty where there is none."""
    if not elsewhere.dashboards:
        return ""
    chosen = f"var-contract={quote(contract, safe='')}&var-service={quote(service, safe='')}"
    return f"{elsewhere.dashboards.rstrip('/')}/d/{names.SERVICE_DASHBOARD}?{chosen}"


def _shown(name: str) -> str:
    return plain(name[:80])
