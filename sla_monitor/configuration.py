"""The configuration: settings and contracts, read and checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.endpoints.endpoint import Endpoint, NetworkTerms
from sla_monitor.contract.load import load_contracts
from sla_monitor.contract.reading.nodes import Problem
from sla_monitor.contract.reading.places import locate
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.errors import ConfigError
from sla_monitor.settings import Settings, is_missing, load_settings


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings and contracts that passed the check together."""

    settings: Settings
    contracts: tuple[Contract, ...]


def read_configuration(path: Path) -> Configuration:
    """Read `sla-monitor.yaml` and the contracts it names. Raises ConfigError with the problems of all the files."""
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
    return Configuration(settings, contracts)


def settings_advice(path: Path, configuration: Configuration) -> list[str]:
    """One line if no witness can tell our network's failure from a supplier's: all of them are on this machine, and
    some endpoint is elsewhere. `path` is that of the settings."""
    witnesses = [host for witness in configuration.settings.witnesses for host in witness.hosts]
    endpoints = (one for one in _endpoints(configuration) if isinstance(one, NetworkTerms))  # a heartbeat comes to us
    hosts = {host for endpoint in endpoints for host in endpoint.hosts}
    if not witnesses or not all(map(_is_here, witnesses)) or all(map(_is_here, hosts)):
        return []
    document = read_document(path)
    message = (
        "every witness is on a loopback address, which says nothing of the network between us and the suppliers:"
        " their outages or ours would be mistaken for each other (name two endpoints of somebody else)"
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
