"""A session in which somebody enters into one contract's register, and the options of every command that does."""

from __future__ import annotations

import getpass
import os
import pwd
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.register.attaching import attach_option
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, is_file_name, ledger_path
from sla_monitor.wording.known_by import COMMAND

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sla_monitor.clock import Clock
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger.recording.register_entries import Register
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.kinds.kind import EntryKind

Options = Callable[[Callable[..., None]], Callable[..., None]]

UNSET_LOGIN = 2**32 - 1
"""What the kernel says of a process that nobody logged in for."""


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


def system_login() -> str:
    """The login of whoever is at the terminal, as the system knows it: it stays the same through `sudo` and `su`, and
    no option changes it. Empty: the system does not say."""
    with suppress(OSError, ValueError, KeyError):
        number = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
        return pwd.getpwuid(os.getuid() if number == UNSET_LOGIN else number).pw_name
    return ""


actor_option = click.option("--actor", callback=login, help="Who enters it; without it, the login name.")
session_options = _all(
    contract_argument,
    config_option,
    ledger_option,
    actor_option,
    click.option("--yes", is_flag=True, help="Do not ask before a month that is over is changed or signed off."),
    format_option,
)
entry_options = _all(
    click.option("--reference", default="", help="A number in somebody's files: CHG-1."),
    click.option("--evidence", default="", help="Where the supporting documents are."),
    click.option("--note", default="", help="Why, in words."),
    attach_option,
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
        return cls.of(_contract(name, config, ledger), config, ledger_path(config, ledger), actor, ledger is not None)

    @classmethod
    def of(
        cls, contract: Contract, config: Path, ledger: Path, actor: str = "", is_named: bool = False
    ) -> EntrySession:
        """With a contract that is read already. `is_named`: the ledger was named, and may stand by itself. Raises
        SlaMonitorError."""
        from sla_monitor.clock import SystemClock
        from sla_monitor.ledger.recording.register_entries import Register
        from sla_monitor.pair.shared_register import register_of
        from sla_monitor.settings import is_missing, load_settings

        clock = SystemClock()
        is_by_itself = is_named and is_missing(config)
        register = Register.open(ledger, clock) if is_by_itself else register_of(load_settings(config), ledger, clock)
        return cls(contract, register, config, ledger, clock, actor)

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
        from sla_monitor.register.instant import SKEW_MS
        from sla_monitor.wording.entries import describe_future_entry

        for number, at_ms in self.register.dated_after(self.contract.id, self.clock.now_ms() + SKEW_MS):
            yield describe_future_entry(number, at_ms)


def _contract(name: str, config: Path, ledger: Path | None) -> Contract:
    """Where terms need an approval, nobody enters by a file that has none: a sign-off would be of other figures."""
    from sla_monitor.cli.shared.signers import settings_of

    contract = chosen_contract(name, config, ledger=ledger)
    settings = settings_of(config, ledger) if is_file_name(name) else None
    if settings is None or settings.terms.approval != "required":
        return contract
    in_force = chosen_contract(contract.id, config, ledger=ledger)
    if in_force.read_files.digest != contract.read_files.digest:
        raise click.ClickException(f"{name} is not in force (name the contract by its id: {contract.id})")
    return in_force
