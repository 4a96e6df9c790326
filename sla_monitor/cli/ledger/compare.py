"""`sla-monitor ledger compare`: whether two ledgers have the same of each day, as the collectors of a pair ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.register.formatting import print_json
from sla_monitor.cli.shared.options import config_option, format_option
from sla_monitor.cli.shared.terminal import plain

if TYPE_CHECKING:
    from sla_monitor.ledger.reading.day_rows import DayRows
    from sla_monitor.pair.day_roots import Difference


@click.command()
@click.argument("one", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("other", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--day",
    "days",
    type=click.DateTime(["%Y-%m-%d"]),
    multiple=True,
    help="A day, in UTC; more than once for several. Without it, every day of either ledger that is over.",
)
@config_option
@format_option
def compare(one: Path, other: Path, days: Sequence[datetime], config: Path, style: str) -> None:
    """Compare what two ledgers, or backups of them, have of each day, and name the first difference of each.

    It compares what sites saw, what was entered and what was attached. Jobs that report by themselves are judged by
    each collector on its own: where the settings can be read, they are left out. Exit status 1 when a day differs.
    """
    from sla_monitor.ledger.reading.day_rows import DayRows
    from sla_monitor.pair.day_roots import Teller, difference

    jobs = _jobs(config)
    told: list[tuple[int, int, Difference | None]] = []
    with DayRows(one) as here, DayRows(other) as there:
        for day_ms in [_ms(day) for day in days] or _all_days(here, there):
            ours = Teller(here, jobs)
            found = difference(day_ms, ours, Teller(there, jobs))
            told.append((day_ms, int(ours({"day": day_ms})["observations"]), found))
    _print(told, (str(one), str(other)), style)
    if any(found is not None for *_, found in told):
        sys.exit(1)


def _print(told: Sequence[tuple[int, int, Difference | None]], names: tuple[str, str], style: str) -> None:
    from sla_monitor.pair.day_roots import utc_day

    if style == "json":
        print_json({"days": [
            {
                "day": utc_day(day_ms),
                "is_equal": found is None,
                "observations": count,
                "difference": None if found is None else {
                    "key": found.key, "at_ms": found.at_ms, "one": found.here, "other": found.there,
                },
            }
            for day_ms, count, found in told
        ]})  # fmt: skip
        return
    for day_ms, count, found in told:
        what = f"equal, {count:,} observations" if found is None else f"differs: {found.told(*names)}"
        click.echo(plain(f"{utc_day(day_ms)}: {what}"))
    differing = sum(found is not None for *_, found in told)
    click.echo(f"{differing} of {len(told)} days differ" if differing else f"{len(told)} days are equal")


def _all_days(here: DayRows, there: DayRows) -> Iterator[int]:
    from sla_monitor.clock import SystemClock

    now_ms = SystemClock().now_ms()
    yield from sorted({*here.days(now_ms), *there.days(now_ms)})


def _ms(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC).timestamp()) * 1000


def _jobs(config: Path) -> list[str]:
    """The endpoints that are jobs, in any version of the terms; none where there are no settings."""
    from sla_monitor.configuration import read_configuration
    from sla_monitor.contract.endpoints.endpoint import HeartbeatEndpoint
    from sla_monitor.settings import is_missing

    if is_missing(config):
        return []
    return [
        f"{contract.id}/{endpoint.id}"
        for contract in read_configuration(config).contracts
        for version in contract.versions
        for service in version.terms.services
        for endpoint in service.endpoints
        if isinstance(endpoint, HeartbeatEndpoint)
    ]
