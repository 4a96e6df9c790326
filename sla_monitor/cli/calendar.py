"""`sla-monitor calendar`: bank holidays as a file that is reviewed, and what a contract's calendar comes to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import AlsoSpelled, config_option
from sla_monitor.cli.shared.output_files import CONFIGURATION_MODE, replace_file
from sla_monitor.cli.shared.sources import contract_argument
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.errors import CalendarError

if TYPE_CHECKING:
    from sla_monitor.contract.bank_holidays import HolidayFile
    from sla_monitor.contract.calendars import Calendar, Span
    from sla_monitor.contract.contract import Contract

YEAR = click.IntRange(1970, 2199)


def _month(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    """The first day of a month as it is written in reports."""
    try:
        return None if value is None else date.fromisoformat(f"{value}-01")
    except ValueError:
        raise click.BadParameter("must be a month (write for example 2026-12)") from None


@click.group(cls=Commands)
def calendar() -> None:
    """Freeze bank holidays into a file; show the days and hours of a contract's calendar."""


@calendar.command()
@click.argument("country")
@click.argument("region", required=False)
@click.option("--from", "first", type=YEAR, required=True, help="The first year.")
@click.option("--until", "--to", "last", cls=AlsoSpelled, type=YEAR, required=True, help="The last year.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; otherwise it is printed.")
@click.option("--force", is_flag=True, help="Write over the file, and say day by day what changes.")
def freeze(country: str, region: str | None, first: int, last: int, output: Path | None, force: bool) -> None:
    """Write the public holidays of COUNTRY (GB) and REGION (ENG) to a file that contracts can name.

    Give the region where there are any: without ENG, two of England's days are missing. Of a holiday at a weekend with
    a substitute, both days are written. Needs the extra `calendars`.
    """
    from sla_monitor.contract.bank_holidays import frozen, spelled_file

    if last < first:
        raise click.UsageError("--until must not be before --from")
    file = frozen(country.upper(), region.upper() if region else None, first, last)
    if output is None:
        click.echo(spelled_file(file), nl=False)
        return
    text = spelled_file(file)
    is_same = output.exists() and output.read_bytes() == text.encode()
    changed = _changes(output, file, force) if output.exists() and not is_same else []
    output.parent.mkdir(parents=True, exist_ok=True)
    replace_file(output, text, CONFIGURATION_MODE)
    for line in changed:
        click.echo(line)
    click.echo(f"{output}: {len(file.days)} days from {first} to {last}, {len(changed)} changed")


def _changes(output: Path, file: HolidayFile, force: bool) -> list[str]:
    """What writing over a file changes. Raises CalendarError, saying the same, where nobody asked for it."""
    from sla_monitor.contract.bank_holidays import HolidayFile, changed_days
    from sla_monitor.contract.reading.model_file import model_of
    from sla_monitor.contract.reading.yaml_file import read_document

    old = model_of(read_document(output), HolidayFile)
    changed = list(changed_days(old, file)) if isinstance(old, HolidayFile) else ["? the old file could not be read"]
    if not force:
        message = f"{output} is there already: {len(changed)} days would change (check them, then pass --force)"
        raise CalendarError("\n".join([message, *changed]))
    return changed


@calendar.command()
@contract_argument
@click.argument("name")
@click.option(
    "--period", "--month", "month", cls=AlsoSpelled, callback=_month, help="2026-12; otherwise the running month."
)
@config_option
def show(contract: str, name: str, month: date | None, config: Path) -> None:
    """Print the days and hours of the calendar NAME of CONTRACT, a file or the id of a contract in the configuration.

    Days are those of the terms in force on each of them. Closed days are listed by name.
    """
    from sla_monitor.clock import SystemClock
    from sla_monitor.contract.local_time import local_date
    from sla_monitor.periods.months import last_day, name_of

    found = _contract(contract, config)
    first = (month or local_date(SystemClock().now_ms(), found.time_zone)).replace(day=1)
    for line in _lines(found, name, first, last_day(name_of(first))):
        click.echo(line)


def _contract(name: str, config: Path) -> Contract:
    """A contract by its file, or by its id."""
    from sla_monitor.configuration import read_configuration
    from sla_monitor.contract.load import load_contract

    if Path(name).is_file():
        return load_contract(Path(name))
    contracts = {contract.id: contract for contract in read_configuration(config).contracts}
    if name not in contracts:
        raise click.UsageError(f"no such contract: {name} ({suggestion(name, contracts)}, or write a file's name)")
    return contracts[name]


def _lines(contract: Contract, name: str, first: date, last: date) -> Iterator[str]:
    """One line a day, and what they add up to: hours on the clock, which in March are fewer than on the wall."""
    from sla_monitor.contract.local_time import midnight_ms
    from sla_monitor.periods.intervals import length
    from sla_monitor.periods.service_hours import agreed_hours

    total_ms = 0
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        start_ms = midnight_ms(day, contract.time_zone)
        calendar = _calendar(contract, name, start_ms)
        end_ms = midnight_ms(day + timedelta(days=1), contract.time_zone)
        total_ms += length(agreed_hours(calendar, contract.time_zone, start_ms, end_ms))
        yield f"{day} {day:%a}  {_describe_day(calendar, day)}".rstrip()
    hours, minutes = divmod(total_ms // 60_000, 60)
    yield f"{first:%Y-%m}: {hours} h {minutes:02} min in {name}"


def _calendar(contract: Contract, name: str, at_ms: int) -> Calendar:
    """The calendar of that name in force at an instant."""
    from sla_monitor.contract.calendars import EVERY_DAY
    from sla_monitor.contract.rules.plain_values import ALWAYS

    known = {ALWAYS: EVERY_DAY, **contract.version_at(at_ms).terms.calendars}
    if name not in known:
        raise click.UsageError(f"no such calendar: {name} ({suggestion(name, known)})")
    return known[name]


def _describe_day(calendar: Calendar, day: date) -> str:
    spans = calendar.hours_on(day)
    if spans:
        return ", ".join(map(_span, spans)) + (" (open_on)" if day in calendar.open_on else "")
    why = calendar.why_closed(day)
    return "" if not why else f"closed: {why}" if why != "closed" else why


def _span(span: Span) -> str:
    opens, closes = span
    return f"{opens:%H:%M}-{'24:00' if closes == time.max else f'{closes:%H:%M}'}"
