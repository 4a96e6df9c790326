"""What a shell may complete: the contracts and endpoints of the configuration that a command line names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from sla_monitor.errors import SlaMonitorError


def contract_ids(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Ids of contracts that begin so; none where the configuration cannot be read: a shell is no place to say why."""
    return [name for name, _ in _configured(context) if name.startswith(begun)]


def endpoint_ids(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """CONTRACT/ID of endpoints that begin so."""
    keys = (f"{name}/{endpoint}" for name, endpoints in _configured(context) for endpoint in endpoints)
    return [key for key in keys if key.startswith(begun)]


def _configured(context: click.Context) -> Iterator[tuple[str, list[str]]]:
    from sla_monitor.cli.shared.options import default_config
    from sla_monitor.configuration import read_configuration

    config = Path(context.params.get("config") or default_config())
    try:
        contracts = read_configuration(config).contracts
    except SlaMonitorError:
        return
    for contract in contracts:
        newest = contract.versions[-1].terms
        yield contract.id, [endpoint.id for service in newest.services for endpoint in service.endpoints]
