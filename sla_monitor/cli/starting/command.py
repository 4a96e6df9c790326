"""`sla-monitor init`: a first configuration, which `check` accepts and `run` runs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sla_monitor.cli.shared.options import CONFIGS
from sla_monitor.cli.starting.placing import place, refuse_occupied, staged

if TYPE_CHECKING:
    from sla_monitor.cli.starting.own_endpoints import FirstContract

T = TypeVar("T")

TITLE, AUTHORITY, SUPPLIER = "First contract", "An authority", "A supplier"
YEARS = 3


def _checked(kind: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback that holds what is typed to a contract's own field, and says what the contract would say."""

    def callback(_: click.Context, __: click.Parameter, value: Any) -> Any:
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None:
                _fits(kind, one)
        return value

    return callback


def _fits(kind: str, value: str) -> str:
    """The value, if a contract takes it. Raises BadParameter."""
    from sla_monitor.contract.endpoints.network import Url
    from sla_monitor.contract.fields import Currency, Name, Percent, TimeZone
    from sla_monitor.contract.reading.explain import why_not

    kinds: dict[str, Any] = {"url": Url, "zone": TimeZone, "currency": Currency, "percent": Percent, "name": Name}
    if problem := why_not(kinds[kind], value):
        raise click.BadParameter(problem)
    return value


@click.command()
@click.option("--example", type=click.Choice(["demo"]), help="Write the example that watches the built-in demo.")
@click.option("--url", "urls", multiple=True, callback=_checked("url"), help="Watch this address (again for more).")
@click.option("--title", callback=_checked("name"), help=f"What is bought.  [default: {TITLE}]")
@click.option("--supplier", callback=_checked("name"), help=f"Who delivers it.  [default: {SUPPLIER}]")
@click.option("--authority", callback=_checked("name"), help=f"Who buys it.  [default: {AUTHORITY}]")
@click.option(
    "--target", default="99.9", show_default=True, callback=_checked("percent"), help="Availability, in per cent."
)
@click.option(
    "--time-zone", default="Europe/London", show_default=True, callback=_checked("zone"), help="The contract's."
)
@click.option("--currency", default="GBP", show_default=True, callback=_checked("currency"), help="The contract's.")
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    callback=_checked("url"),
    help="An address of somebody else: when none answers, our own network is gone. Give two.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=CONFIGS[0].parent,
    show_default=True,
    help="The folder to write; it must not be there yet, or be empty.",
)
def init(example: str | None, urls: tuple[str, ...], folder: Path, **given: Any) -> None:
    """Write a first configuration: settings and one contract, with comments.

    On a terminal it asks for what is not given; elsewhere give --example or --url. It writes everything or nothing, and
    never over anything: where the folder holds a file, it names it and ends with exit status 1. Secrets are never
    asked for: the files say how to refer to them.
    """
    if example and urls:
        raise click.UsageError("--example and --url exclude each other (leave one of them out)")
    refuse_occupied(folder)  # before anybody answers questions
    if not example and not urls:
        example, urls = _what_to_watch()
    if example:
        _ignored(given)
        write_example(folder)
    else:
        _write_own(folder, urls, given)
    _say_what_next(folder, is_demo=bool(example))


def _ignored(given: dict[str, Any]) -> None:
    for name in ("title", "supplier", "authority"):
        if given[name] is not None:
            raise click.UsageError(f"--{name} goes with --url: the example has its own (leave it out)")


def _what_to_watch() -> tuple[str | None, tuple[str, ...]]:
    """The example or addresses, from who sits at the terminal."""
    if not sys.stdin.isatty():
        raise click.UsageError("say what to watch: --url https://…, or --example demo for the built-in demo")
    answer = click.prompt(
        "What should be watched? Type an address (https://…), or demo for the built-in demo",
        default="demo",
        value_proc=lambda text: text if text == "demo" else _fits("url", text),
    )
    return ("demo", ()) if answer == "demo" else (None, (answer,))


def write_example(folder: Path) -> None:
    """Write the shipped example. Raises ClickException."""
    from sla_monitor.demo.example import example_files

    with staged(example_files(), folder) as stage:
        place(stage, folder)


def _write_own(folder: Path, urls: tuple[str, ...], given: dict[str, Any]) -> None:
    from sla_monitor.cli.starting.own_endpoints import own_files
    from sla_monitor.configuration import read_configuration
    from sla_monitor.demo.example import schema_files
    from sla_monitor.errors import ConfigError

    first = _first_contract(urls, given)
    with staged(own_files(first) | schema_files(), folder) as stage:
        try:
            read_configuration(stage / CONFIGS[0].name)
        except ConfigError as error:
            told = str(error).replace(str(stage), str(folder))
            raise click.ClickException(f"nothing was written, because check would refuse it:\n{told}") from None
        place(stage, folder)


def _first_contract(urls: tuple[str, ...], given: dict[str, Any]) -> FirstContract:
    from sla_monitor.cli.starting.own_endpoints import FirstContract
    from sla_monitor.clock import SystemClock

    given["title"] = _asked(given["title"], "What is bought", TITLE)
    given["supplier"] = _asked(given["supplier"], "Who delivers it", SUPPLIER)
    given["authority"] = _asked(given["authority"], "Who buys it", AUTHORITY)
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).date().replace(day=1)
    end = date.fromordinal(today.replace(year=today.year + YEARS).toordinal() - 1)
    return FirstContract(**given, urls=urls, term=(today, end))


def _asked(given: str | None, question: str, default: str) -> str:
    """What was given, or else what the terminal answers, or else the default."""
    if given is not None or not sys.stdin.isatty():
        return given or default
    return str(click.prompt(question, default=default, value_proc=lambda text: _fits("name", text)))


def _say_what_next(folder: Path, *, is_demo: bool) -> None:
    config, contract = folder / CONFIGS[0].name, next((folder / "contracts").glob("*.yaml"))
    click.echo(f"Written: {config} (the monitor's settings) and {contract} (the contract). Next:")
    program, named = _program(), quote(str(config))
    click.echo(f"  {program} check --config {named}")
    if is_demo:
        state = quote(str(folder.parent / "var" / "demo"))
        click.echo(f"  {program} demo --with-monitor --config {named} --folder {state}")
    else:
        click.echo(f"  {program} run --config {named}")


def _program() -> str:
    """How this program is called from here."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{quote(sys.executable)} -m sla_monitor"
    found = shutil.which(called.name)
    return called.name if found and Path(found).resolve() == called.resolve() else quote(str(called))
