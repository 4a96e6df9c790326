"""A session in which somebody enters into one contract's register, and the options of every command that does."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, ledger_path
from sla_monitor.wording.known_by import COMMAND

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sla_monitor.clock import Clock
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger.recording.register_entries import Register
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.kinds.kind import EntryKind

Options = Callable[[Callable[..., None]], Callable[..., None]]


def _all(*options: Options) -> Options:
    def applied(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return applied


def login(_: click.Context, __: click.Parameter, value: str | None) -> str:
    if value is not None:
        return value
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.BadParameter("cannot determine the login name; pass --actor") from None


session_options = _all(
    contract_argument,
    config_option,
    ledger_option,
    click.option("--actor", callback=login, help="Who enters it; without it, the login name."),
    click.option("--yes", is_flag=True, help="Do not ask before a month that is over is changed or signed off."),
    format_option,
)
entry_options = _all(
    click.option("--reference", default="", help="A number in somebody's files: CHG-1."),
    click.option("--evidence", default="", help="Where the supporting documents are."),
    click.option("--note", default="", help="Why, in words."),
)


@dataclass(frozen=True, slots=True)
class EntrySession:
    """One contract's register, and who enters something into it."""

    contract: Contract
    register: Register
    config: Path
    ledger: Path
    clock: Clock
    actor: str = ""

    @classmethod
    def open(cls, name: str, config: Path, ledger: Path | None, actor: str = "") -> EntrySession:
        """The ledger is made if there is none. Raises SlaMonitorError and click's errors."""
        from sla_monitor.clock import SystemClock
        from sla_monitor.ledger.recording.register_entries import Register
        from sla_monitor.pair.shared_register import register_of
        from sla_monitor.settings import is_missing, load_settings

        contract, clock = chosen_contract(name, config), SystemClock()
        path = ledger_path(config, ledger)
        is_by_itself = ledger is not None and is_missing(config)
        register = Register.open(path, clock) if is_by_itself else register_of(load_settings(config), path, clock)
        return cls(contract, register, config, path, clock, actor)

    def entries(self) -> Sequence[Entry]:
        """All that has been said. Raises LedgerError and its kinds."""
        return self.register.entries(self.contract.id)

    @property
    def zone(self) -> ZoneInfo:
        return self.contract.time_zone

    def entry(self, said: EntryKind, **more: str) -> Entry:
        """An entry made now, without a number. Raises RegisterError."""
        from sla_monitor.register.entry_parsing import entry_of

        known = {"actor": self.actor, "contract": self.contract.id, "known_by": COMMAND}
        return entry_of(said, at_ms=self.clock.now_ms(), **known, **more)

    def warn_of_future_entries(self) -> None:
        """Nobody would notice them otherwise."""
        for told in self.future_entries():
            click.echo(told, err=True)

    def future_entries(self) -> Iterator[str]:
        """Of each entry that a clock made which was ahead: it has no effect before its time."""
        from sla_monitor.register.instant import SKEW_MS, format_utc

        for number, at_ms in self.register.dated_after(self.contract.id, self.clock.now_ms() + SKEW_MS):
            yield (
                f"entry {number} is dated {format_utc(at_ms)}, later than now, and does not count until then; if the"
                " clock was ahead, undo it and enter it again"
            )
