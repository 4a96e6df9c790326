"""Everything the daemon is told: its settings and the contracts, read and checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contracts
from sla_monitor.errors import ConfigError
from sla_monitor.settings import Settings, load_settings


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
        problems += error.problems
        folder = path.parent / "contracts"
    try:
        contracts = load_contracts(folder)
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(problems)
    return Configuration(settings, contracts)
