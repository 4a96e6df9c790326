"""The configuration: settings and contracts, read and checked as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.endpoints.endpoint import Endpoint, HeartbeatEndpoint, NetworkTerms
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.load import load_contracts
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.reading.nodes import Problem
from sla_monitor.contract.reading.places import locate
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.errors import ConfigError
from sla_monitor.settings import Settings, is_missing, load_settings
from sla_monitor.settings.desk.access_table import Action, allows
from sla_monitor.settings.desk.doubts import desk_doubts
from sla_monitor.settings.web_config import read_web_config
from sla_monitor.settings.webhooks import webhook_doubts

ENDPOINT_SERIES, SERVICE_SERIES, MANY_SERIES = 15, 30, 300_000
"""Series of an endpoint, of a service with its KPI, and how many a scrape may carry: 30 MB."""

MANY_ENDPOINTS = MANY_SERIES // ENDPOINT_SERIES


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings and contracts that passed the check together. `elsewhere`: the ids of the folder's other contracts,
    which are those of other collectors."""

    settings: Settings
    contracts: tuple[Contract, ...]
    elsewhere: tuple[str, ...] = ()


def read_configuration(path: Path, *, is_whole: bool = False) -> Configuration:
    """Read `sla-monitor.yaml` and the contracts it names; `is_whole`: also those that are other collectors'. Raises
    ConfigError with the problems of all the files."""
    problems: list[str] = []
    try:
        settings = load_settings(path)
        folder = settings.contracts
    except ConfigError as error:
        if is_missing(path):  # what it would name is not missing, but not known
            raise
        problems += error.problems
        folder = path.parent / "contracts"
    try:
        contracts = load_contracts(folder)
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(problems)
    only = () if is_whole else settings.only_contracts
    known = {contract.id for contract in contracts}
    if unknown := [place for place, name in enumerate(only) if name not in known]:
        raise ConfigError([_unknown(path, place, only[place], known) for place in unknown])
    ours = tuple(contract for contract in contracts if not only or contract.id in only)
    return Configuration(settings, ours, tuple(sorted(known - {contract.id for contract in ours})))


def _unknown(path: Path, place: int, name: str, known: Collection[str]) -> str:
    document = read_document(path)
    at = locate(document.root, ("only_contracts", place)).node.place
    message = f"no contract of the folder is called {name!r} ({suggestion(name, known)})"
    return str(Problem(document.file, at, f"only_contracts[{place}]", message))


def division_problems(paths: Sequence[Path]) -> list[str]:
    """A line for each contract that none of several collectors has, or more than one; `paths`: their settings. Raises
    ConfigError."""
    several = {path: read_configuration(path) for path in paths}
    owners: dict[str, list[Path]] = {name: [] for one in several.values() for name in one.elsewhere}
    for path, one in several.items():
        for contract in one.contracts:
            owners.setdefault(contract.id, []).append(path)
    found = []
    for name, own in sorted(owners.items()):
        if len(own) != 1:
            why = f"is that of {own[0]} too (leave it to one of them)" if own else "has no collector (give it to one)"
            document = read_document(own[1] if own else paths[0])
            at = locate(document.root, ("only_contracts",)).key
            found.append(str(Problem(document.file, at, "only_contracts", f"contract {name!r} {why}")))
    return found


def settings_advice(path: Path, configuration: Configuration) -> list[str]:
    """What the settings allow and cannot work well, a line each. `path` is theirs."""
    asking = (
        *(_witness_advice, _views_advice, _site_advice, _pair_advice),
        *(_series_advice, _desk_advice, _webhook_advice),
    )
    return [line for advice in asking for line in advice(path, configuration)]


def _site_advice(path: Path, configuration: Configuration) -> Iterator[str]:
    """One line for each site that contracts name and the settings do not: it would see nothing, for ever. A pair of
    collectors probes nothing itself: `main` is a site as any other."""
    settings = configuration.settings
    known = {site.id for site in settings.sites.known} | ({MAIN} if settings.collectors is None else set())
    probed = (one for one in _endpoints(configuration) if not isinstance(one, HeartbeatEndpoint))
    named = {site: endpoint.id for endpoint in probed for site in endpoint.sites}
    for site in sorted(named.keys() - known):
        document = read_document(path)
        message = (
            f"contracts have {named[site]} and others probed by the site {site}, which is not known here: it sees"
            " nothing (add it to sites.known)"
        )
        yield str(Problem(document.file, locate(document.root, ("sites",)).key, "sites", message))


def _series_advice(path: Path, configuration: Configuration) -> Iterator[str]:
    """One line where a scrape would carry more series than it should."""
    terms = [contract.versions[-1].terms for contract in configuration.contracts]
    services = sum(len(one.services) for one in terms)
    endpoints = sum(len(service.endpoints) for one in terms for service in one.services)
    document = read_document(path)
    if configuration.settings.metrics.endpoint_series == "all" and endpoints > MANY_ENDPOINTS:
        at = locate(document.root, ("metrics",)).key
        message = (
            f"{endpoints} endpoints have some {endpoints * ENDPOINT_SERIES} series, more than a scrape should carry"
            " (set metrics.endpoint_series: failing, and generate rules and dashboards again)"
        )
        yield str(Problem(document.file, at, "metrics", message))
    if services * SERVICE_SERIES > MANY_SERIES:
        at = locate(document.root, ("contracts",)).key
        message = (
            f"{services} services have some {services * SERVICE_SERIES} series, more than a scrape should carry"
            " (share the contracts among several collectors by only_contracts, or let services have more endpoints)"
        )
        yield str(Problem(document.file, at, "contracts", message))


def _desk_advice(path: Path, configuration: Configuration) -> Iterator[str]:
    """What of the desk's people cannot work well: each line at the role, the person or the desk that it is about."""
    document, settings = read_document(path), configuration.settings
    desk = settings.desk
    contracts = {one.id: one.versions[-1].terms for one in configuration.contracts}
    participants = {one.id for terms in contracts.values() for one in terms.participants}
    for at, message in desk_doubts(desk, {name: terms.supplier for name, terms in contracts.items()}, participants):
        place = locate(document.root, ("desk", *at)).key
        yield str(Problem(document.file, place, ".".join(map(str, ("desk", *at))), message))
    reads = any(allows(one.roles, Action.SEE_MONITOR) for one in desk.tokens)
    if desk.is_used and not reads and not _has_passwords(settings):
        message = (
            "no program may read /metrics: Prometheus is refused (name a token with the role viewer for all contracts,"
            " or basic_auth_users in web_config)"
        )
        yield str(Problem(document.file, locate(document.root, ("desk",)).key, "desk", message))


def _webhook_advice(path: Path, configuration: Configuration) -> Iterator[str]:
    """What of the webhooks cannot work well, or tells strangers: each line at the value that it is about."""
    document, names = read_document(path), [one.id for one in configuration.contracts]
    for at, message in webhook_doubts(configuration.settings.webhooks, names):
        where = ("webhooks", *at)
        yield str(Problem(document.file, locate(document.root, where).key, ".".join(map(str, where)), message))


def _pair_advice(path: Path, configuration: Configuration) -> Iterator[str]:
    """One line where Prometheus would be made to scrape one collector of a pair alone."""
    pair = configuration.settings.collectors
    if pair is not None and not pair.scraped:
        document = read_document(path)
        message = (
            "names no addresses of the pair: `generate prometheus` scrapes this collector alone, and nothing once the"
            " other one speaks (add scraped: [HOST:PORT, HOST:PORT])"
        )
        yield str(Problem(document.file, locate(document.root, ("collectors",)).key, "collectors", message))


def _views_advice(path: Path, configuration: Configuration) -> Iterator[str]:
    """One line for each participant who has a page and whom no contract serves: its page would be empty; and one if
    those who see such a page could see the operators' pages, too."""
    versions = (version for contract in configuration.contracts for version in contract.versions)
    known = {one.id for version in versions for one in version.terms.participants}
    for name in configuration.settings.views.participants:
        if name not in known:
            document = read_document(path)
            at = locate(document.root, ("views", "participants", name)).key
            message = f"no contract has this participant (known: {', '.join(sorted(known)) or 'none'})"
            yield str(Problem(document.file, at, f"views.participants.{name}", message))
    settings = configuration.settings
    if settings.views.is_open and not settings.desk.is_used and not _has_passwords(settings):
        document = read_document(path)
        message = (
            "without a web_config that has basic_auth_users, whoever reaches these pages reaches the status page and"
            " its money by the same address (name users, or let a proxy pass on these paths alone)"
        )
        yield str(Problem(document.file, locate(document.root, ("views",)).key, "views", message))


def _has_passwords(settings: Settings) -> bool:
    """Whether the operators' pages ask for one. A file that cannot be read keeps the daemon from starting at all."""
    try:
        return settings.web_config is not None and bool(read_web_config(settings.web_config).basic_auth_users)
    except ConfigError:
        return True


def _witness_advice(path: Path, configuration: Configuration) -> list[str]:
    """One line if no witness can tell our network's failure from a supplier's: there is none, or all are on this
    machine; and some endpoint is elsewhere."""
    witnesses = [host for witness in configuration.settings.witnesses for host in witness.hosts]
    endpoints = (one for one in _endpoints(configuration) if isinstance(one, NetworkTerms))  # a heartbeat comes to us
    hosts = {host for endpoint in endpoints for host in endpoint.hosts}
    if not all(map(_is_here, witnesses)) or all(map(_is_here, hosts)):
        return []
    document = read_document(path)
    message = (
        "every witness is on a loopback address, which says nothing of the network between us and the suppliers:"
        " their outages or ours would be mistaken for each other (name two endpoints of somebody else)"
        if witnesses
        else "none is named: every failure of our own network would be charged to the suppliers (name two endpoints of"
        " somebody else)"
    )
    return [str(Problem(document.file, locate(document.root, ("witnesses",)).key, "witnesses", message))]


def _endpoints(configuration: Configuration) -> list[Endpoint]:
    """Those of every version, past and to come."""
    versions = (version for contract in configuration.contracts for version in contract.versions)
    return [endpoint for version in versions for service in version.terms.services for endpoint in service.endpoints]


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost")
